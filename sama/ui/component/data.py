"""What travels between page and server."""

from typing import Annotated

from pydantic import Field

LONGEST = 64  # letters of what a page calls a long work
_WHOLE = 2**53  # up to which a browser's numbers are whole; JSON would carry any number of digits
Whole = Annotated[int, Field(ge=-_WHOLE, le=_WHOLE)]
