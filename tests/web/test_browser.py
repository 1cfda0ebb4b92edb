"""What a person does in a browser: log in, open the tree, look at thumbnails and at images in the viewer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.instance import Instance
from tests.web.data import WebData
from tests.web.samples import CHANNELS
from tests.web.screen import difference, logged_in, picture, row, settled, shot


@pytest.fixture
def page(browser: Browser, web_instance: Instance, web_data: WebData) -> Iterator[Page]:
    """The main page of the user who owns the data."""
    with logged_in(browser, web_instance.web_url, web_data.user, web_data.password) as page:
        yield page


def test_a_wrong_password_is_told_and_the_name_kept(browser: Browser, web_instance: Instance) -> None:
    page = browser.new_page(base_url=web_instance.web_url)
    page.goto("/webclient/")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("check your user name and password")
    expect(page.get_by_label("User name")).to_have_value("nobody")
    shot(page, "login-refused")
    page.close()


def test_tree_thumbnails_and_details(page: Page, web_data: WebData) -> None:
    row(page, web_data.project_name).dblclick()
    row(page, web_data.dataset_name).click()
    cards = page.get_by_role("option").filter(has=page.locator(".thumb-picture img"))
    expect(cards).to_have_count(2)
    sizes = [card.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]") for card in cards.all()]
    assert [96, 96] in sizes and [96, 72] in sizes
    row(page, web_data.dataset_name).press("ArrowRight")
    cards.filter(has_text="stack.ome.tif").click()
    details = page.get_by_label("Details", exact=True)
    for text in ("240 × 180", "uint16", "0.25 µm", "1.5 µm", web_data.full_name, *CHANNELS):
        expect(details).to_contain_text(text)
    for text in ("mitotic", "stain", "DAPI & <b>GFP</b>"):
        expect(details).to_contain_text(text)
    expect(details.locator(".preview img")).to_have_js_property("complete", True)
    assert f"show=image-{web_data.stack}" in page.url
    page.wait_for_timeout(300)
    shot(page, "main-page")
    details.get_by_role("table").scroll_into_view_if_needed()
    shot(page, "main-page-annotations")


def test_a_link_opens_the_tree_at_its_object(page: Page, web_data: WebData) -> None:
    page.goto(f"/webclient/?show=image-{web_data.pyramid}")
    expect(page.locator('[role="treeitem"][aria-selected="true"]')).to_contain_text("pyramid.ome.tif")
    expect(row(page, web_data.dataset_name)).to_have_attribute("aria-expanded", "true")
    page.goto("/webclient/?show=image-999999")
    expect(page.get_by_role("status")).to_contain_text("not found")


def test_the_keyboard_walks_through_the_tree(page: Page, web_data: WebData) -> None:
    tree = page.get_by_role("tree")
    row(page, web_data.full_name).click()
    expect(row(page, web_data.project_name)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(row(page, web_data.dataset_name)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(tree.locator('[aria-selected="true"]')).to_contain_text(web_data.dataset_name)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(row(page, web_data.dataset_name)).to_have_count(0)


def test_an_empty_dataset_tells_what_to_do(page: Page, web_data: WebData) -> None:
    row(page, web_data.empty_name).click()
    expect(page.locator(".empty")).to_contain_text(f"omero import -d {web_data.empty}")
    expect(page.get_by_label("Details", exact=True)).to_contain_text("dataset ID")
    shot(page, "empty-dataset")


def test_viewer_shows_a_stack_and_follows_its_controls(page: Page, web_data: WebData) -> None:
    page.goto(f"/webclient/img_detail/{web_data.stack}/")
    first = picture(page)
    assert first.std() > 5, "the picture is blank"
    shot(page, "viewer-stack")

    z = page.get_by_label("Z", exact=True)
    z.press("Home")
    other_z = picture(page)
    assert difference(first, other_z) > 1
    page.get_by_label("T", exact=True).press("End")
    assert difference(other_z, picture(page)) > 1

    before = picture(page)
    page.get_by_label("Show channel GFP").uncheck()
    without = picture(page)
    assert difference(before, without) > 1
    page.get_by_label("Colour of channel DAPI").fill("#ff8800")
    coloured = picture(page)
    assert difference(without, coloured) > 1
    page.get_by_label("End of channel DAPI", exact=True).fill("500")
    brighter = picture(page)
    assert brighter.mean() > coloured.mean() + 1
    page.get_by_role("button", name="Greyscale").click()
    grey = picture(page)
    assert np.ptp(grey, axis=2).max() < 40, "greyscale shows colours"
    shot(page, "viewer-stack-changed")


def test_a_link_brings_back_the_view(page: Page, web_data: WebData) -> None:
    page.goto(f"/webclient/img_detail/{web_data.stack}/")
    settled(page)
    page.get_by_label("Show channel Cy5").uncheck()
    page.get_by_label("Z", exact=True).press("End")
    page.get_by_role("button", name="Zoom in").click()
    view = picture(page)
    page.get_by_role("button", name="Copy link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    assert difference(view, picture(page)) < 1
    expect(page.get_by_label("Show channel Cy5")).not_to_be_checked()


def test_viewer_shows_a_pyramid_in_tiles(page: Page, web_data: WebData) -> None:
    levels: set[str] = set()
    page.on("request", lambda request: levels.update(re.findall(r"tile=(\d+)%2C", request.url)))
    page.goto(f"/webclient/img_detail/{web_data.pyramid}/")
    first = picture(page)
    assert first.std() > 5, "the picture is blank"
    assert levels and "0" not in levels, "a smaller level serves the whole image"
    shot(page, "viewer-pyramid")
    page.get_by_title("One image pixel for one pixel of the screen").click()
    near = picture(page)
    assert "0" in levels
    assert difference(first, near) > 1
    shot(page, "viewer-pyramid-near")
    page.get_by_label("Show channel red").uncheck()
    assert difference(near, picture(page)) > 1


def test_logging_out_ends_the_session(page: Page) -> None:
    page.get_by_label("Log out").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(re.compile("/webclient/login/"))
    page.goto("/webclient/")
    assert "/webclient/login/" in page.url


def test_small_windows_have_tabs(page: Page, web_data: WebData) -> None:
    page.goto(f"/webclient/?show=image-{web_data.stack}")
    page.set_viewport_size({"width": 420, "height": 800})
    expect(page.locator(".thumb.selected img")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    shot(page, "main-page-small")
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_label("Details", exact=True)).to_be_visible()
