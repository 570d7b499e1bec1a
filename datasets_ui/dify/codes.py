"""Each code of an error, of the API's and of ours, with what it means for people."""

from enum import Enum

from datasets_ui.dify.words import gettext_noop

OUTCOME_UNKNOWN = gettext_noop("It is not known whether the change was carried out: look before you try again.")
SECONDS_LEFT = gettext_noop("%(seconds)s seconds are left.")


class ErrorCode(Enum):
    """Each code with what happened and what to do about it."""

    # the seed document's nine
    document_indexing = gettext_noop("The document is still being indexed. Wait until it is available, then try again.")
    provider_not_initialize = gettext_noop(
        "No embedding model is set up in Dify for this dataset. Set one up under Dify's model providers, or use the economy index."
    )
    not_found = gettext_noop(
        "Dify does not know this any more. It may have been deleted by somebody else: go back and reload the list."
    )
    dataset_name_duplicate = gettext_noop("A dataset of this name exists already. Choose another name.")
    provider_quota_exceeded = gettext_noop("The model provider's quota is used up. Raise it with the provider, then try again.")
    dataset_not_initialized = gettext_noop("The dataset is not ready yet. Add a first document, or wait until it is indexed.")
    unsupported_file_type = gettext_noop(
        "Dify does not take files of this type. Convert the file to PDF, Word, text, Markdown, HTML, Excel or CSV."
    )
    too_many_files = gettext_noop("Dify takes one file with each request. Send the files one by one.")
    file_too_large = gettext_noop("The file is larger than Dify accepts. Split it into smaller files.")
    # seen on running servers, or in newer sources
    not_supported = gettext_noop("This Dify server does not offer this: it is too old, or too new. Update Dify to use it.")
    updates_hang = gettext_noop(
        "Dify 1.12.0 and 1.12.1 stop indexing for everybody when a document is renamed or updated, and this server is one of them or does not tell its version: nothing was sent. Upload the document anew under the same name, or update Dify."
    )
    no_file = gettext_noop(
        "Dify gives no file of this document: it was made by a pipeline or from another site. Its segments are all there; the file is where it came from."
    )
    plugin_daemon_unreachable = gettext_noop(
        "Dify cannot reach its own model plugins, and answers only a part of the calls without them. Start its plugin daemon again."
    )
    model_currently_not_support = gettext_noop(
        "The model provider's trial does not include this model. Choose another model in Dify."
    )
    completion_request_error = gettext_noop(
        "The model did not answer Dify's request. Try again; if it stays, check the model provider in Dify."
    )
    filename_not_exists_error = gettext_noop(
        "The file arrived without a name. Give it a name with an ending, then upload it again."
    )
    pipeline_run_error = gettext_noop("The pipeline failed while it ran. Look into its last run in Dify, then try again.")
    datasource_error = gettext_noop("The pipeline could not read its datasource. Check the datasource in Dify, then try again.")
    dataset_in_use = gettext_noop(
        "An application uses this dataset. Take it out of the application first, then delete it here."
    )
    dataset_indexing_in_progress = gettext_noop(
        "Documents of the dataset are being indexed, and Dify changes it only afterwards. Wait until they are available, then try again."
    )
    tags_not_shown = gettext_noop(
        "This version of Dify makes and renames tags, but fails to show them. It was done: look at a dataset that carries the tag, or update Dify."
    )
    no_tag_filter = gettext_noop(
        "This version of Dify cannot filter datasets by their tags. Search by name instead, or update Dify."
    )
    no_vector_index = gettext_noop(
        "The dataset has no vectors to search by meaning. Use keyword search, or add a first document to a high-quality dataset."
    )
    child_chunk_indexing_error = gettext_noop(
        "Dify could not index the child chunk. Check the embedding model in Dify, then try again."
    )
    child_chunk_delete_index_error = gettext_noop(
        "Dify could not take the child chunk out of its index. Try again in a moment."
    )
    bad_request = gettext_noop(
        "Dify could not read the request. Check that the address is a Dify dataset API, and that no proxy changes what is sent."
    )
    invalid_param = gettext_noop("Dify did not accept what was sent. Read what it says, change the value and try again.")
    unprocessable_entity = gettext_noop(
        "Dify did not accept some of what was sent. The fields are named with their reasons; change them and try again."
    )
    invalid_action = gettext_noop(
        "Dify cannot do this to the document right now. Wait until it has finished with it, then try again."
    )
    invalid_metadata = gettext_noop("Dify did not accept the metadata option. Choose another one.")
    no_file_uploaded = gettext_noop("No file arrived at Dify. Choose the file again.")
    unsupported_media_type = gettext_noop(
        "Dify did not accept the form of the request. Check that the address is a Dify dataset API."
    )
    method_not_allowed = gettext_noop("Dify does not offer this action. The server may be older than the action.")
    archived_document_immutable = gettext_noop("The document is archived and cannot be changed. Un-archive it first.")
    document_not_available = gettext_noop(
        "The document is not available yet, so it cannot be changed. Wait until it is indexed, or upload it again."
    )
    document_already_finished = gettext_noop("The document has been indexed already. Reload the list.")
    segment_disabled = gettext_noop("The segment is disabled, and Dify changes enabled segments only. Enable it first.")
    segment_indexing = gettext_noop("The segment is still being indexed. Wait a moment, then try again.")
    segment_deleting = gettext_noop("The segment is being deleted. Reload the list; it is gone in a moment.")
    unauthorized = gettext_noop(
        "Dify refused the API key. An admin has to enter a valid dataset API key under API keys. A key that was bound to one dataset alone is deleted with it."
    )
    bound_key = gettext_noop(
        "This API key is bound to some datasets in Dify, and may not do this. An admin can name the datasets that it serves under API keys, and give another key for the rest."
    )
    forbidden = gettext_noop("Dify does not allow this with this API key. Ask the admin of the Dify workspace.")
    api_access_disabled = gettext_noop(
        "API access is switched off for this dataset. Switch it on in Dify, on the dataset's page."
    )
    foreign_dataset = gettext_noop("The dataset belongs to another Dify workspace. Use a key of that workspace.")
    quota_reached = gettext_noop("The Dify subscription has reached a limit. Delete what is not needed, or raise the plan.")
    rate_limited = gettext_noop(
        "Dify's rate limit is reached. Wait a minute, then try again; until then only what is read is sent to it."
    )
    held_back = gettext_noop(
        "Dify's rate limit was reached less than a minute ago, and each try prolongs it: nothing was sent. Wait, then try again."
    )
    rate_limit_error = gettext_noop("Dify's request quota is used up. Wait until it is renewed, or raise the plan.")
    too_many_requests = gettext_noop("Dify asks us to slow down. Wait a moment, then try again.")
    conflict = gettext_noop("This clashes with something that exists in Dify already. Reload the page to see it.")
    service_unavailable = gettext_noop("A part of Dify is not available for the moment. Wait a minute, then try again.")
    database_error = gettext_noop(
        "Dify failed inside its database while it worked on this. Try again; if it stays, look into Dify's logs."
    )
    internal_server_error = gettext_noop("Dify failed while it worked on this. Try again; if it stays, look into Dify's logs.")
    unknown = gettext_noop("Dify failed and did not say why. Try again; if it stays, look into Dify's logs.")
    # between us and the API
    being_changed = gettext_noop("Somebody else, or a job, is changing this at the moment. Try again in a few seconds.")
    unreachable = gettext_noop("The API could not be reached. Check that Dify is running and that the address is right.")
    address_refused = gettext_noop(
        "This address is not allowed. Use https and a public address, or ask the operator to add the host to DATASETS_ALLOWED_HOSTS."
    )
    host_not_found = gettext_noop("The host name was not found. Check the spelling of the address.")
    connection_refused = gettext_noop("Nothing answers at this address and port. Check that Dify is running there.")
    tls_failed = gettext_noop("A secure connection could not be made. Check the server's certificate.")
    timed_out = gettext_noop("Dify took too long to answer. Try again in a moment.")
    connection_lost = gettext_noop("The connection to Dify broke off. Try again in a moment.")
    too_many_calls = gettext_noop("Too many calls to Dify are under way, because it answers slowly. Try again in a moment.")
    bad_answer = gettext_noop("The answer is not one of a Dify dataset API. Check the address; it usually ends in /v1.")
    not_json = gettext_noop("A web page answered instead of the API. Check the address; it usually ends in /v1.")
    answer_too_large = gettext_noop("The answer is larger than is safe to read. Ask for less at once, for example by a search.")
    list_too_long = gettext_noop(
        "The list is longer than can be read at once. Look for less, for example by a search, or divide what is so long."
    )
    list_changing = gettext_noop(
        "The list changed again and again while it was read, or the server gave other pages than it said. Try again in a moment."
    )
    too_much_to_keep = gettext_noop(
        "The document has more text than can be kept when it is replaced, so it was not replaced. Keep both, or delete the old one first."
    )
    redirected = gettext_noop(
        "The server answered with a redirect, which is not followed. Enter the address it leads to, if you trust it."
    )
    unexpected_shape = gettext_noop("The answer has another form than expected. The Dify version may not be supported.")


def explain(code: str) -> str:
    """The sentence of a code; unknown codes get a general one."""
    return ErrorCode[code].value if code in ErrorCode.__members__ else ErrorCode.unknown.value
