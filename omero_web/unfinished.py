"""Official addresses that are not served yet: each answers 501 and says so, instead of a puzzling 404.

They have their official names, so that pages of other web applications that link to them still render.
"""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, re_path

from omero_web.errors import error_page, is_ajax

# A name and an address each line: # is a number, * a word, [..] may be left out.
_ADDRESSES = """
webindex_custom index/
fsend feedback/feedback/
csend feedback/comment/
fthanks feedback/thanks/
feedback_disabled feedback/disabled/
api_save api/v0/m/save/
api_screens api/v0/m/screens/
api_plate_screens api/v0/m/plates/#/screens/
api_screen api/v0/m/screens/#/
api_screen_plates api/v0/m/screens/#/plates/
api_well_plates api/v0/m/wells/#/plates/
api_plate api/v0/m/plates/#/
api_plate_plateacquisitions api/v0/m/plates/#/plateacquisitions/
api_plateacquisition api/v0/m/plateacquisitions/#/
api_wells api/v0/m/wells/
api_plate_wells api/v0/m/plates/#/wells/
api_plateacquisition_wells api/v0/m/plateacquisitions/#/wells/
api_plate_wellsampleindex_wells api/v0/m/plates/#/wellsampleindex/#/wells/
api_plateacquisition_wellsampleindex_wells api/v0/m/plateacquisitions/#/wellsampleindex/#/wells/
api_well api/v0/m/wells/#/
api_rois api/v0/m/rois/
api_image_rois api/v0/m/images/#/rois/
api_roi api/v0/m/rois/#/
api_shapes api/v0/m/shapes/
api_shape api/v0/m/shapes/#/
webgateway_render_image_rdef webgateway/render_image_rdef/#/[#/][#/]
webgateway_render_image_region_rdef webgateway/render_image_region_rdef/#/#/#/
webgateway_render_split_channel webgateway/render_split_channel/#/#/#/
webgateway_render_row_plot webgateway/render_row_plot/#/#/#/#/[#/]
webgateway_render_col_plot webgateway/render_col_plot/#/#/#/#/[#/]
webgateway_render_roi_thumbnail webgateway/render_roi_thumbnail/#[/]
webgateway_render_shape_thumbnail webgateway/render_shape_thumbnail/#[/]
render_shape_mask webgateway/render_shape_mask/#/
webgateway_render_ome_tiff webgateway/render_ome_tiff/*/#/
webgateway_render_movie webgateway/render_movie/#/*/#/
webgateway_listProjects_json webgateway/proj/list/
webgateway_projectDetail_json webgateway/proj/#/detail/
webgateway_listDatasets_json webgateway/proj/#/children/
webgateway_datasetDetail_json webgateway/dataset/#/detail/
webgateway_listimages_json webgateway/dataset/#/children/
webgateway_listwellimages_json webgateway/well/#/children/
webgateway_plategrid_json webgateway/plate/#/[#/][#/]
webgateway_wellData_json webgateway/wellData/#/
webgateway_search_json webgateway/search/
webgateway_get_rois_json webgateway/get_rois_json/#/
webgateway_get_shape_json webgateway/get_shape_json/#/#/
histogram_json webgateway/histogram_json/#/channel/#/
webgateway_save_image_rdef_json webgateway/saveImgRDef/#/
webgateway_get_image_rdef_json webgateway/getImgRDef/
webgateway_get_image_rdefs_json webgateway/get_image_rdefs_json/#/
webgateway_listLuts_json webgateway/luts/
webgateway_luts_png webgateway/luts_png/
webgateway_list_compatible_imgs_json webgateway/compatImgRDef/#/
webgateway_copy_image_rdef_json webgateway/copyImgRDef/
reset_rdef_json webgateway/resetRDef/
reset_owners_rdef_json webgateway/applyOwnersRDef/
download_as webgateway/download_as/[#/]
archived_files webgateway/archived_files/download/[#/]
original_file_paths webgateway/original_file_paths/#/
webgateway_su webgateway/su/*/
webgateway_annotations webgateway/annotations/*/#/
webgateway_table_query webgateway/table/#/query/
webgateway_table_metadata webgateway/table/#/metadata/
webgateway_table_obj_id_bitmask webgateway/table/#/obj_id_bitmask/
webgateway_object_table_query webgateway/table/*/#/query/
webgateway_open_with_options webgateway/open_with/
webgateway_table_get_where_list webgateway/table/#/rows/
webgateway_table_slice webgateway/table/#/slice/
load_template webclient/*/
history webclient/history/
group_user_content webclient/group_user_content/
activities webclient/activities/
activities_json webclient/activities_json/
activities_update webclient/activities_update/[clean/]
load_plate webclient/load_plate/[*/][#/]
load_chgrp_groups webclient/load_chgrp_groups/
load_chgrp_target webclient/load_chgrp_target/#/*/
load_calendar webclient/load_calendar/[#/#/]
load_history webclient/load_history/[#/#/#/]
load_searching webclient/load_searching/[form/]
load_metadata_details webclient/metadata_details/[*/#/][#/]
load_metadata_acquisition webclient/metadata_acquisition/*/#/[#/]
load_metadata_preview webclient/metadata_preview/*/#/[#/]
load_metadata_hierarchy webclient/metadata_hierarchy/*/#/[#/]
edit_channel_names webclient/edit_channel_names/#/
web_render_image_download webclient/[#/]render_image_download/#/[#/][#/]
web_render_row_plot webclient/[#/]render_row_plot/#/#/#/#/[#/]
web_render_col_plot webclient/[#/]render_col_plot/#/#/#/#/[#/]
web_render_split_channel webclient/[#/]render_split_channel/#/#/#/
web_save_image_rdef_json webclient/saveImgRDef/#/
web_get_image_rdef_json webclient/[#/]getImgRDef/
copy_image_rdef_json webclient/[#/]copyImgRDef/
web_list_luts webclient/[#/]luts/
fileset_check webclient/fileset_check/*/
chgrpDryRun webclient/chgrpDryRun/
chownDryRun webclient/chownDryRun/
chgrp webclient/chgrp/
chown webclient/chown/
download_placeholder webclient/download_placeholder/
manage_action_containers webclient/action/*/[*/][#/]
batch_annotate webclient/batch_annotate/
annotate_tags webclient/annotate_tags/
marshal_tagging_form_data webclient/marshal_tagging_form_data/
annotate_rating webclient/annotate_rating/
annotate_comment webclient/annotate_comment/
annotate_file webclient/annotate_file/
annotate_map webclient/annotate_map/
download_annotation webclient/annotation/#/
load_original_metadata webclient/load_original_metadata/#/[#/]
download_orig_metadata webclient/download_orig_metadata/#/
omero_table webclient/omero_table/#/[*/]
avatar webclient/avatar/#/
list_scripts webclient/list_scripts/
script_ui webclient/script_ui/#/
script_run webclient/script_run/#/
script_upload webclient/script_upload/
get_original_file webclient/get_original_file/[#/]
download_original_file webclient/download_original_file/[#/]
figure_script webclient/figure_script/*/
ome_tiff_script webclient/ome_tiff_script/#/
ome_tiff_info webclient/ome_tiff_info/#/
api_share_images webclient/api/share_images/#/
api_plate_acquisitions webclient/api/plate_acquisitions/
api_tags_and_tagged webclient/api/tags/
api_shares webclient/api/shares/
api_links webclient/api/links/
api_parent_links webclient/api/parent_links/
waindex webadmin/
walogin webadmin/login/
walogout webadmin/logout/
waforgottenpassword webadmin/forgottenpassword/
waexperimenters webadmin/experimenters/
wamanageexperimenterid webadmin/experimenter/*/[#/]
wamanagechangepasswordid webadmin/change_password/#/
wagroups webadmin/groups/
wamanagegroupid webadmin/group/*/[#/]
wamanagegroupownerid webadmin/group_owner/*/#/
wamyaccount webadmin/myaccount/[*/]
wastats webadmin/stats/
waloaddrivespace_groups webadmin/drivespace_json/groups/
waloaddrivespace_users webadmin/drivespace_json/users/
waloaddrivespace_group webadmin/drivespace_json/group/#/
waloaddrivespace_user webadmin/drivespace_json/user/#/
wamanageavatar webadmin/change_avatar/[#/][*/]
wamyphoto webadmin/myphoto/
waemail webadmin/email/
"""


def not_yet(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """Say that an official address is known but not served yet."""
    text = f"{request.path_info} is not available in this version of OMERO.web yet."
    if request.path_info.startswith("/api/"):
        return JsonResponse({"message": text}, status=501)
    if is_ajax(request) or request.path_info.startswith(("/webgateway/", "/webclient/api/")):
        return HttpResponse(text, status=501, content_type="text/plain")
    return error_page(request, 501, "Not available yet", text)


_PIECES = {"#": r"\d+", "*": r"[\w.-]+"}


def _expression(address: str) -> str:
    names = iter("abcdefgh")

    def piece(match: re.Match[str]) -> str:
        return f"(?P<{next(names)}>{_PIECES[match[0]]})"

    return (
        "^"
        + re.sub("[#*]", piece, re.escape(address).replace(r"\#", "#").replace(r"\*", "*"))
        .replace(r"\[", "(?:")
        .replace(r"\]", ")?")
        + "$"
    )


def _patterns() -> list[URLPattern]:
    entries = [line.split() for line in _ADDRESSES.strip().splitlines()]
    return [re_path(_expression(address), not_yet, name=name) for name, address in entries]


urlpatterns = _patterns()
