"""One module per stage: records in, records out; a stage never knows the round."""
