"""What a run came to: ``summary`` counts it, ``table`` prints it, ``page`` makes it a web page."""
