"""What every route needs of the running program: the session that the server opened."""

from typing import Annotated

from fastapi import Depends, Request

from tokenmon.session import Session


def _session(request: Request) -> Session:
    session: Session = request.app.state.session
    return session


SessionOf = Annotated[Session, Depends(_session)]
