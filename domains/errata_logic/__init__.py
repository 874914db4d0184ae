"""Logic: procedurally generated problems with their verifiers (reasoning-gym), and sets of rows."""
