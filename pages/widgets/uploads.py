"""The field for a file: what is sent goes from memory to the disk at once, within a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.widgets.markdown import plain, sentence
from pages.widgets.metrics import metrics
from pages.widgets.session import context, session_id

if TYPE_CHECKING:
    from sct.serving.uploads import Upload, Uploads

_REFUSED = "_refused"


@st.cache_resource(max_entries=1, show_spinner=False)
def store() -> Uploads:
    """Return what keeps the uploads of all sessions."""
    from sct.errors import ClipError
    from sct.serving.uploads import MEGABYTES, Uploads, most_bytes

    try:
        made = Uploads(most_bytes())
    except ClipError:  # which is said where a clip is read
        made = Uploads(MEGABYTES << 20)
    metrics().measure("sct_upload_bytes", "Bytes of uploads that are kept.", lambda: made.held)
    return made


def upload_field(
    label: str,
    key: str,
    kept: str,
    added: Callable[[], None] = lambda: None,
    **more: Any,
) -> Upload | None:
    """Draw a field for a file, and return the one that the session keeps.

    The field forgets its file when it was out of sight for a while; the session does not.

    Args:
        kept: key of the session under which it is kept.
        added: called when a file was sent.
        more: for `st.file_uploader`.
    """

    def take() -> None:
        sent = st.session_state[key]
        if sent is None:  # taken out of the field
            st.session_state[kept] = None
        elif hasattr(sent, "getbuffer"):  # what was taken already is there in name alone
            try:
                st.session_state[kept] = _take(sent)
            except SCTError as error:
                st.session_state[kept], st.session_state[kept + _REFUSED] = None, str(error)
            else:
                added()

    from sct.errors import SCTError
    from sct.video.sources import Limits

    try:
        most = max(1, int(Limits.from_env().megabytes))
    except SCTError:
        most = int(Limits.megabytes)
    st.file_uploader(label, key=key, on_change=take, max_upload_size=most, **more)
    if refused := st.session_state.pop(kept + _REFUSED, ""):
        st.error(sentence(refused), icon=":material/error:")
    file = st.session_state.get(kept)
    if file is not None and st.session_state.get(key) is None:
        st.caption(f"Still here: {plain(file.name, 60)}")
    return file


def _take(sent: Any) -> Upload:
    """Keep a file that was sent, and free the memory that it was received in."""
    try:
        with sent.getbuffer() as data:
            return store().keep(session_id(), sent.name, data)
    finally:
        context().uploaded_file_mgr.remove_file(session_id(), sent.file_id)
        sent.truncate(0)  # not closed: Streamlit copies it once more
