"""What the local stack says when it can't go on."""


class StackError(Exception):
    """Something the developer can mend: the message says what happened and what to do. Printed without a traceback."""
