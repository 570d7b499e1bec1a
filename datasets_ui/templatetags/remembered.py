"""Tags of pages whose outcome depends on nothing but their words: icons, addresses and translated words. What was made once is kept for the process."""

from functools import lru_cache
from typing import Any

import heroicons
from django import template
from django.conf import settings
from django.template.base import Parser, Token, Variable, render_value_in_context
from django.template.defaulttags import URLNode, url
from django.templatetags.i18n import BlockTranslateNode, TranslateNode, do_block_translate, do_translate
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

register = template.Library()

ADDRESSES_KEPT = 8192
LANGUAGE = "language"  # in the memory of a template that is being rendered


@register.simple_tag
@lru_cache(maxsize=128)
def heroicon_mini(name: str, *, size: int = 20) -> SafeString:
    return icon("mini", name, size)


@register.simple_tag
@lru_cache(maxsize=128)
def heroicon_outline(name: str, *, size: int = 24) -> SafeString:
    return icon("outline", name, size)


def icon(style: str, name: str, size: int) -> SafeString:
    drawn: str = heroicons._render_icon(style, str(name), size, {})
    return mark_safe(drawn)  # noqa: S308 it comes from the package


@lru_cache(maxsize=ADDRESSES_KEPT, typed=True)
def address(urlconf: str, prefix: str, name: str, *parts: Any) -> str:  # noqa: ARG001 the cache tells them apart
    return reverse(name, urlconf=urlconf, args=parts)


class AddressNode(URLNode):
    """Django's own, with a memory. What is named within a namespace, or has named parts, is left to Django's."""

    def render(self, context: template.Context) -> Any:
        name = self.view_name.resolve(context)
        if self.kwargs or self.asvar or not isinstance(name, str) or ":" in name:
            return super().render(context)
        parts = [part.resolve(context) for part in self.args]
        found = address(get_urlconf() or settings.ROOT_URLCONF, get_script_prefix(), name, *parts)
        return conditional_escape(found) if context.autoescape else mark_safe(found)  # noqa: S308 as Django's own does


@register.tag("url")
def remembered_url(parser: Parser, token: Token) -> AddressNode:
    plain = url(parser, token)
    return AddressNode(plain.view_name, plain.args, plain.kwargs, plain.asvar)


def language_of(context: template.Context) -> str | None:
    """The language of what is rendered, asked once for each template: asking costs as much as a row's cell."""
    kept = context.render_context
    if LANGUAGE not in kept:
        kept[LANGUAGE] = get_language()
    language: str | None = kept[LANGUAGE]
    return language


class WordsNode(TranslateNode):
    """Django's own, with a memory: rows say the same words hundreds of times on a page."""

    def __init__(self, plain: TranslateNode) -> None:
        super().__init__(plain.filter_expression, plain.noop, plain.asvar, plain.message_context)
        self.words: dict[str | None, str] = {}

    def render(self, context: template.Context) -> str:
        language = language_of(context)
        if language not in self.words:
            self.words[language] = super().render(context)
        return self.words[language]


@register.tag("translate")
def remembered_words(parser: Parser, token: Token) -> TranslateNode:
    """Of words that stand in the template; what a variable holds is left to Django's."""
    plain = do_translate(parser, token)
    of_the_page = isinstance(plain.filter_expression.var, Variable) and plain.filter_expression.var.literal is not None
    return WordsNode(plain) if of_the_page and not plain.asvar and plain.message_context is None else plain


class SentenceNode(BlockTranslateNode):
    """Django's own, which puts its words together each time, with a memory of the translated ones. Where a translation asks for
    what is not there, it is left to Django's, which says it in the original words."""

    def __init__(self, plain: BlockTranslateNode) -> None:
        vars(self).update(vars(plain))
        self.one, names = self.render_token_list(self.singular)
        self.many, more = self.render_token_list(self.plural) if self.plural else ("", [])
        self.names = {*names, *more}
        self.words: dict[str | None, str] = {}

    def render(self, context: template.Context, nested: bool = False) -> str:
        values = {name: expression.resolve(context) for name, expression in self.extra_context.items()}
        if self.many:
            number = values[self.countervar] = self.counter.resolve(context)  # type: ignore[index, union-attr]  # both are there
            if not isinstance(number, int):
                return super().render(context, nested)
            words = ngettext(self.one, self.many, number)
        else:
            language = language_of(context)
            if language not in self.words:
                self.words[language] = gettext(self.one)
            words = self.words[language]
        try:
            shown = {name: values[name] if name in values else context[name] for name in self.names}
            return words % {name: render_value_in_context(value, context) for name, value in shown.items()}
        except (KeyError, ValueError):
            return super().render(context, nested)


@register.tag("blocktranslate")
def remembered_sentence(parser: Parser, token: Token) -> BlockTranslateNode:
    """One without a context of its own, and that is shown at once."""
    plain = do_block_translate(parser, token)
    simple = not (plain.message_context or plain.asvar or plain.trimmed)
    return SentenceNode(plain) if simple else plain
