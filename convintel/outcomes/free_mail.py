"""Mail domains that many companies share: they say nothing about the account."""

from __future__ import annotations

from typing import Final

_DOMAINS: Final = """
gmail.com googlemail.com outlook.com outlook.es outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.fr
hotmail.es hotmail.de hotmail.it live.com live.co.uk live.nl msn.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de
yahoo.es yahoo.it yahoo.ca yahoo.com.br yahoo.com.mx yahoo.co.in ymail.com rocketmail.com aol.com icloud.com
me.com mac.com protonmail.com proton.me pm.me gmx.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de
freenet.de mail.com zoho.com fastmail.com hey.com tutanota.com yandex.com yandex.ru mail.ru bk.ru qq.com
163.com 126.com sina.com naver.com daum.net hanmail.net comcast.net verizon.net att.net sbcglobal.net
bellsouth.net cox.net charter.net earthlink.net shaw.ca rogers.com bell.net btinternet.com sky.com
virginmedia.com talktalk.net orange.fr wanadoo.fr free.fr sfr.fr laposte.net libero.it virgilio.it tiscali.it
alice.it telefonica.net terra.com.br uol.com.br bol.com.br ziggo.nl kpnmail.nl telenet.be skynet.be bluewin.ch
rediffmail.com bigpond.com optusnet.com.au
"""

FREE_MAIL: Final[frozenset[str]] = frozenset(_DOMAINS.split())
