"""What may be wrong with segments: each finding by an example, and what only looks like one."""

import random
import time

import pytest

from datasets_ui.text.lint import ADVICE, FINDINGS, LONG, Print, duplicates, findings_of, print_of

SENTENCE = "The status light is amber while the device starts and turns green once it is ready."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["empty"]),
        (" \n\t ", ["empty"]),
        ("Chapter 3", ["short"]),
        (SENTENCE, []),
        (SENTENCE * (LONG // len(SENTENCE) + 1), ["long"]),
        ("The mains supply is to be locked out and then you", ["broken"]),
        ("and then the mains supply is to be locked out again.", ["broken"]),
        ("The mains supply is locked out. <br/> It is tagged.", ["markup"]),
        ("The mains supply is&nbsp;locked out and tagged.", ["markup"]),
        ("The mains supply is locked out ![plan](plan.png) here.", ["markup"]),
        ("The mains supply is locked out and t\ufffdgged.", ["markup"]),
    ],
)
def test_what_is_wrong_with_a_text(text: str, found: list[str]) -> None:
    assert findings_of(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Installation of the XR-200\nSafety first",  # a heading ends without a full stop
        "| part | number of screws in the bag |",
        "Tighten it to 9 Nm if x < 5 and y > 3, never beyond that.",
        "These are the parts that you need for it:",
        "“Never open the cover while the light is amber.”",
        "它会在启动时变成琥珀色，然后变成绿色，直到一切就绪为止，请耐心等待，不要关闭电源。",
    ],
)
def test_what_only_looks_wrong(text: str) -> None:
    assert findings_of(text) == []


PROSE = {
    "English": "This paragraph has no full stop inside, so it goes on until it is longer than a segment may be; it doesn't end here",
    "German": "Die Anlage wird vor dem Start geprüft und die Abdeckung bleibt zu, bis die Leuchte grün ist und der Bediener da ist",
    "Finnish": "Laitteen käynnistyessä merkkivalo on keltainen ja muuttuu vihreäksi kun laite on käyttövalmis eikä kantta saa avata",
    "Vietnamese": "Đèn trạng thái có màu hổ phách trong khi thiết bị khởi động và chuyển sang màu xanh khi đã sẵn sàng để sử dụng",
    "Russian": "Перед запуском установки необходимо проверить крышку и дождаться зелёного сигнала лампы на панели управления",
    "Korean": "장치가 시작되는 동안 상태 표시등은 호박색이며 준비가 완료되면 녹색으로 바뀌고 그 전에는 덮개를 열지 마십시오 그렇지 않으면"
    " 장치가 멈출 수 있으니 주의하시고 설명서를 끝까지 읽어 주십시오 문의 사항은 담당자에게 연락",
    "Arabic": "يجب فحص الغطاء قبل تشغيل الجهاز والانتظار حتى يصبح الضوء أخضر على لوحة التحكم قبل فتح الباب مرة أخرى",
    "Hindi": "उपकरण शुरू होने पर स्थिति प्रकाश पीला होता है और तैयार होने पर हरा हो जाता है तब तक ढक्कन न खोलें और प्रतीक्षा करें",
}


@pytest.mark.parametrize("language", PROSE)
def test_prose_that_lost_its_spaces_is_found(language: str) -> None:
    prose = PROSE[language]
    assert ("joined" in findings_of(prose.replace(" ", "")), "joined" in findings_of(prose)) == (True, False)


def test_prose_before_an_address_is_looked_at() -> None:
    prose = PROSE["English"].replace(" ", "")
    assert "joined" in findings_of(f"{prose}https://example.com/a/b/c?d=e&f=g")


WITHOUT_SPACES = {
    "Chinese": "它会在启动时变成琥珀色，然后变成绿色，直到一切就绪为止，请耐心等待，不要关闭电源。" * 4,
    "Chinese with names": "请使用DeviceManager打开Settings然后选择Network再点击Connect按钮等待绿色指示灯亮起之后关闭盖板" * 3,
    "Japanese": "装置の起動中はステータスランプが琥珀色に点灯し準備が完了すると緑色に変わりますそれまではカバーを開けないでください"
    * 3,
    "Thai": "ไฟสถานะจะเป็นสีเหลืองอำพันขณะที่อุปกรณ์เริ่มทำงานและจะเปลี่ยนเป็นสีเขียวเมื่อพร้อมใช้งานโปรดอย่าเปิดฝาครอบก่อน" * 2,
    "address": "https://example.com/averylongpathwithoutanydashesatallthatgoesonandonandonandonforeverandeveruntilitendssomewhere",
    "address without scheme": "www.averylongdomainnamewithoutanydashes.example.com/averylongpathwithoutanydashes/thatgoesonandon/andmore",
    "path": "/usr/local/lib/python3.11/site-packages/django/contrib/humanize/templatetags/humanize/somethingverylongindeed.py",
    "mail addresses": "somebody.with.a.long.name@example.com;anotherperson@example.org;thirdpersonwithaverylongname@example.net;me@x.org",
    "code": "for(var i=0;i<items.length;i++){total+=items[i].price*items[i].quantity;if(total>limit){return;}}".replace(
        " ", ""
    ),
    "name in code": "AbstractSingletonProxyFactoryBeanConfigurationManagerInternationalizationServiceProviderFactoryImplementation",
    "name with underscores": "a_very_long_name_that_somebody_gave_to_a_function_that_does_too_many_things_at_once_in_a_program_of_his",
    "slug": "a-very-long-slug-of-an-article-that-somebody-wrote-about-the-history-of-knowledge-bases-and-their-segments",
    "JSON": '{"name":"something","value":"somethingelse","description":"averylongdescription","more":"andmoreandmore"}',
    "CSV": "name,amount,description,customer,street,city,country,currency,comment,keywords,position,content\n" * 5,
    "table": "|part|number|screws|\n|---|---|---|\n|cover|seventeen|four|\n" * 8,
    "one word a line": "Donaudampfschifffahrtsgesellschaft\nRindfleischetikettierung\nGrundstücksverkehrsgenehmigung\n" * 3,
    "long word": "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
    "hash": "deadbeefcafebabe0123456789abcdef" * 4,
    "genes": "acgtacgtagctagctagcatcgatcgatcgatgcatgcatcgatcgatcgatcgatgcatgcatgcatgcatgcatcg" * 2,
    "base64": "VGhpcyBpcyBhIGxvbmcgdGV4dCB0aGF0IHdhcyBlbmNvZGVkIGluIGJhc2U2NCBhbmQgaGFzIG5vIHNwYWNlcyBhdCBhbGwsIG9mIGNvdXJzZS4=",
    "one letter": "a" * 200,
    "ruler": "-" * 200,
}


@pytest.mark.parametrize("kind", WITHOUT_SPACES)
def test_what_has_no_spaces_has_lost_none(kind: str) -> None:
    assert "joined" not in findings_of(WITHOUT_SPACES[kind])


def same_and_alike(*texts: str) -> tuple[set[int], set[int]]:
    return duplicates([print_of(text) for text in texts])


def test_case_spaces_and_punctuation_make_no_other_text() -> None:
    assert same_and_alike(SENTENCE, "Something else.", f"  {SENTENCE.upper()}!")[0] == {0, 2}


def test_a_text_with_one_other_word_is_nearly_the_same() -> None:
    words = [f"word{number}" for number in range(80)]
    other = [*words[:40], "changed", *words[41:]]
    assert same_and_alike(" ".join(words), " ".join(other), SENTENCE) == (set(), {0, 1})


def test_texts_about_one_thing_are_not_the_same() -> None:
    rng = random.Random(1)
    words = [f"word{number}" for number in range(40)]
    texts = [" ".join(rng.choices(words, k=60)) for _ in range(50)]
    assert same_and_alike(*texts) == (set(), set())


def test_short_texts_are_compared_as_wholes_only() -> None:
    assert same_and_alike("Press the red button.", "Press the green button.") == (set(), set())


def test_a_phrase_that_is_in_all_texts_does_not_take_for_ever() -> None:
    """Each text would be compared with each: 20,000 of them, 200 million times."""
    prints = [Print(number, (number, 2**40)) for number in range(20_000)]
    assert duplicates(prints)[0] == set()


@pytest.mark.parametrize("beginning", ["[b ", "![", "![](", "<a ", "&a"])
def test_a_text_of_beginnings_takes_no_time(beginning: str) -> None:
    began = time.monotonic()
    findings_of((beginning * 100_000)[:100_000])
    assert time.monotonic() - began < 0.5


def test_every_finding_has_words() -> None:
    assert list(FINDINGS) == ["empty", "short", "long", "same", "alike", "broken", "joined", "markup"]
    assert set(ADVICE) <= set(FINDINGS)
