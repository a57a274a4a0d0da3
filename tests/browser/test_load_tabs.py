"""The visitors of `benchmarks.load` that are real tabs read a page when its run is over."""

import pytest

from benchmarks.load.tabs import Tab, watching
from tests.browser.acts import ready
from tests.browser.conftest import PATIENCE_S


@pytest.fixture
def tab(chromium, address):
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.add_init_script(watching())
    yield Tab(context, address)
    context.close()


def test_each_act_ends_with_its_own_answer(tab):
    seen = [tab.open("", sample=name) for name in ("car", "pan left", "pan left")]
    car, left, again = (one.said for one in seen)
    assert car and left == again != car
    assert all(one.wrong == [] and 0 < one.seconds < PATIENCE_S for one in seen)
    assert tab.go("model").wrong == [] and tab.go("").said == left


def test_a_run_counts_that_the_page_never_showed(tab):
    """A page that is busy draws what a short run began and ended with at once."""
    tab.open("", sample="car")
    page = tab._page
    # The state "running" is taken away before anybody can look.
    page.evaluate("""() => {
      const app = document.querySelector('[data-testid="stApp"]')
      const still = () => app.dataset.testScriptState !== "notRunning" &&
        app.setAttribute("data-test-script-state", "notRunning")
      new MutationObserver(still).observe(app, { attributes: true })
    }""")
    before = page.evaluate("window.sctEnded")
    page.locator('[data-testid="stSidebarNavLink"]').nth(1).click()
    page.wait_for_function("before => window.sctEnded > before", arg=before, timeout=30_000)


def test_a_page_is_not_ready_while_what_it_asks_for_is_on_its_way(new_page, address):
    page = new_page()
    page.goto(f"{address}/model")
    ready(page)
    page.evaluate("""() => {
      const plain = Object.getPrototypeOf(WebSocket.prototype), send = plain.send
      plain.send = function (data) { setTimeout(() => send.call(this, data), 1500) }
    }""")
    before = page.evaluate("window.sctEnded")
    page.locator('[data-testid="stSidebarNavLink"][href$="/"]').first.click()
    page.wait_for_url(f"{address}/")  # it says so before the server knows
    assert page.evaluate("window.sctEnded") == before
    ready(page)
    assert page.evaluate("window.sctEnded") > before
    assert page.get_by_role("heading", level=1).inner_text() == "Inspect"
