"""Which passwords are too easy to guess (SEC-1). Their length is the contract's matter."""

from attain_shared.errors import Invalid

SHORTEST_PART = 3
"""A name of two letters is in half of all words; one of two Chinese characters is not."""
_WORDS = """
0000000000 0123456789 0987654321 1111111111 11111111111 1122334455 1212121212 123123123123 1234512345 123454321
12345678900 1234567890 12345678910 1234567891 123456789a 123456789q 1234567890a 1234567890q 123456abcdef 1234qwerasdf
123qwe123qwe 147258369a 1472583690 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 2222222222 3333333333 5201314520 5201314woaini
5555555555 6666666666 7777777777 8888888888 9876543210 9999999999 a123456789 a1234567890 aa123456789 aaaaaaaaaa
abc123456789 abcd123456 abcd1234567 abcd12345678 abcdefghij abcdefg123 admin12345 admin123456 administrator
adminadmin asdf123456 asdfasdfasdf asdfghjkl1 asdfghjkl123 asdfghjklz changeme123 football123 helloworld
iloveyou123 iloveyou520 letmein123 liverpool1 manchester password00 password01 password10 password11 password12
password123 password1234 password12345 password123456 passwordpassword p@ssw0rd123 p@ssword123 passw0rd123
q1w2e3r4t5 q1w2e3r4t5y6 qazwsx123456 qazwsxedc123 qazwsxedcrfv qq123456789 qwe123456789 qwer123456 qwer12345678
qwerty1234 qwerty12345 qwerty123456 qwertyuiop qwertyuiop1 qwertyuiop123 qwertyuiop[] secret1234 sunshine123
superman123 taobao123456 temp123456 test123456 test1234567890 tmall123456 trustno1trustno1 unknown123 welcome123
welcome1234 welcome12345 woaini1314 woaini1314520 woaini520520 woaini123456 woaini5201314 zaq12wsxcde3 zxc123456789
zxcvbnm123 zxcvbnm1234 zxcvbnm123456 zxcvbnmasdf
"""
COMMON = frozenset(_WORDS.split())
"""Of ten characters and more, which is the least the contract takes."""


def check_strength(password: str, *, email: str, name: str, pointer: str) -> None:
    """Refuse a new password that others would try first: a common one, or one with its owner's name in it."""
    folded = password.casefold()
    parts = (email.partition("@")[0].casefold(), name.casefold(), "".join(name.casefold().split()))
    if folded in COMMON or any(_counts(part) and part in folded for part in parts):
        raise Invalid.field(pointer, "weak-password", "The password is common, or contains a name or the e-mail.")


def _counts(part: str) -> bool:
    return len(part) >= (SHORTEST_PART if part.isascii() else SHORTEST_PART - 1)
