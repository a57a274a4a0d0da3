"""Sign-in by OpenID Connect, for a server whose `secrets.toml` has a section `[auth]`.

Without such a section nothing here shows. With it nobody sees a page who has not signed in, and a
configuration that cannot be used keeps everybody out. docs/deploy.md says what to write.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAuthError

from pages.widgets.markdown import plain

_DEFAULT = "default"  # as Streamlit calls the provider that stands in [auth] itself
_AMISS = (
    "Sign-in is not set up rightly on this server, so nobody can come in. "
    "Whoever runs it finds the reason in its log."
)


def passed() -> bool:
    """Say whether this visitor may see the app, and draw the page to sign in where not."""
    try:
        auth = _configured()
    except ValueError as error:
        _refuse(str(error))
        return False
    if auth is None or st.user.get("is_logged_in") is True:
        return True
    st.title("Sign in")
    if find_spec("authlib") is None:
        _refuse("[auth] needs the package Authlib: pip install -r requirements-sign-in.txt")
        return False
    names = _providers(auth)
    if not names:
        _refuse("[auth] names no provider: client_id, client_secret and server_metadata_url")
        return False
    st.write("This server shows SCT Lens to those who are signed in.")
    for name in names:
        label = "Sign in" if name == _DEFAULT else f"Sign in with {plain(name, 40)}"
        if st.button(label, key=f"sign_in_{name}", type="primary", icon=":material/login:"):
            try:
                st.login(name)
            except StreamlitAuthError as error:
                _refuse(str(error))
    return False


def draw_leaving() -> None:
    """Draw into the sidebar who is signed in and a button to sign out, for those who are."""
    if st.user.get("is_logged_in") is not True:
        return
    with st.sidebar:
        if who := st.user.get("email") or st.user.get("name"):
            st.caption(f"Signed in as {plain(str(who), 60)}")
        # As a callback, which comes before the page is drawn once more.
        st.button("Sign out", icon=":material/logout:", on_click=st.logout)


def _configured() -> Any:
    """Return the section `[auth]`, None without one; ValueError where that cannot be known."""
    try:
        readable = st.secrets.load_if_toml_exists()
    except OSError as error:
        raise ValueError(f"secrets.toml cannot be read: {error.strerror}") from None
    if readable:
        auth = st.secrets.get("auth")
        if auth is not None and not isinstance(auth, Mapping):
            raise ValueError("auth in secrets.toml is no section: it begins with a line [auth]")
        return auth
    # Streamlit counts a file that it cannot parse as none, which would leave the door open.
    if any(Path(place).exists() for place in st.get_option("secrets.files")):
        raise ValueError("secrets.toml cannot be read: it is no TOML")
    return None


def _providers(auth: Mapping[str, Any]) -> list[str]:
    """List the providers in `[auth]` and its sections."""
    own = [_DEFAULT] if "client_id" in auth else []
    return own + [
        name
        for name, section in auth.items()
        if isinstance(section, Mapping) and "client_id" in section
    ]


def _refuse(why: str) -> None:
    """Tell the visitor that nobody can come in, and the log why."""
    logging.getLogger(__name__).error("sign-in: %s", " ".join(why.split()))
    st.error(_AMISS, icon=":material/lock:")
