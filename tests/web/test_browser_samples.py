"""Real microscopy files in a browser, images that lie in no dataset, and the first look at a server without data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.instance import Instance
from tests.web.data import WebData
from tests.web.screen import difference, logged_in, picture, row, shot


@pytest.fixture
def page(browser: Browser, web_instance: Instance, web_data: WebData) -> Iterator[Page]:
    """The main page of the hermit, whose images lie in no dataset of a private group."""
    private = web_data.private
    with logged_in(browser, web_instance.web_url, private.hermit, private.password) as page:
        yield page


def test_images_in_no_dataset_are_in_the_tree(page: Page, web_data: WebData) -> None:
    folder = row(page, "Orphaned Images")
    expect(folder).to_contain_text("4")
    folder.click()
    cards = page.get_by_role("option").filter(has=page.locator(".thumb-picture img"))
    expect(cards).to_have_count(4)
    cards.filter(has_text="multi-channel-z-series").click()
    details = page.get_by_label("Details", exact=True)
    for text in ("439 × 167", "int8", "web-private", "Her Mit"):
        expect(details).to_contain_text(text)
    shot(page, "orphaned-images")
    page.goto(f"/webclient/?show=image-{web_data.private.slide}")
    expect(page.locator('[role="treeitem"][aria-selected="true"]')).to_contain_text("CMU-1-Small-Region.svs")


def test_sections_and_channels_of_a_microscope_file_differ(page: Page, web_data: WebData) -> None:
    page.goto(f"/webclient/img_detail/{web_data.private.series}/")
    middle = picture(page)
    assert middle.std() > 5, "the picture is blank"
    shot(page, "viewer-series")
    page.get_by_label("Z", exact=True).press("ArrowRight")
    next_section = picture(page)
    assert difference(middle, next_section) > 0.05
    page.get_by_label("Show channel 0").uncheck()
    two_channels = picture(page)
    assert difference(next_section, two_channels) > 1
    page.get_by_label("Start of channel 1, slider").press("PageUp")
    assert difference(two_channels, picture(page)) > 1
    shot(page, "viewer-series-changed")


def test_a_whole_slide_image_looks_like_tissue(page: Page, web_data: WebData) -> None:
    page.goto(f"/webclient/img_detail/{web_data.private.slide}/")
    whole = picture(page)
    shot(page, "viewer-slide")
    assert (whole.min(axis=2) > 220).mean() > 0.05, "the glass around the tissue is bright"
    red, green, blue = whole[(whole.max(axis=2) > 60) & (whole.min(axis=2) < 200)].mean(axis=0)
    assert green < red and green < blue, "the stain is pink and violet"
    page.get_by_title("One image pixel for one pixel of the screen").click()
    near = picture(page)
    assert difference(whole, near) > 5
    shot(page, "viewer-slide-near")


def test_the_first_login_on_an_empty_server_tells_how_to_begin(browser: Browser, web_instance: Instance) -> None:
    with logged_in(browser, web_instance.web_url, "root", web_instance.root_password) as page:
        welcome = page.locator(".empty")
        expect(welcome).to_contain_text("No data here yet")
        expect(welcome).to_contain_text(f"omero login root@127.0.0.1:{web_instance.ports.ssl}")
        expect(welcome).to_contain_text("omero user add")
        shot(page, "empty-server")
