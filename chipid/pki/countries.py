# SPDX-License-Identifier: Apache-2.0
"""States and organisations: the three letters of a machine readable zone and the two of a certificate (ICAO 9303-3 §5, ISO 3166-1).

Besides ISO 3166-1 the MRZ knows codes of its own: Germany's ``D``, Britain's ``GBD`` and its like, the United Nations, the European
Union. A code that is in no list maps to ``None``; nothing is guessed.
"""

from __future__ import annotations

from typing import Final

_ISO_3166: Final = """
AFG AF ALA AX ALB AL DZA DZ ASM AS AND AD AGO AO AIA AI ATA AQ ATG AG ARG AR ARM AM ABW AW AUS AU AUT AT AZE AZ BHS BS BHR BH BGD BD
BRB BB BLR BY BEL BE BLZ BZ BEN BJ BMU BM BTN BT BOL BO BES BQ BIH BA BWA BW BVT BV BRA BR IOT IO BRN BN BGR BG BFA BF BDI BI CPV CV
KHM KH CMR CM CAN CA CYM KY CAF CF TCD TD CHL CL CHN CN CXR CX CCK CC COL CO COM KM COG CG COD CD COK CK CRI CR CIV CI HRV HR CUB CU
CUW CW CYP CY CZE CZ DNK DK DJI DJ DMA DM DOM DO ECU EC EGY EG SLV SV GNQ GQ ERI ER EST EE SWZ SZ ETH ET FLK FK FRO FO FJI FJ FIN FI
FRA FR GUF GF PYF PF ATF TF GAB GA GMB GM GEO GE DEU DE GHA GH GIB GI GRC GR GRL GL GRD GD GLP GP GUM GU GTM GT GGY GG GIN GN GNB GW
GUY GY HTI HT HMD HM VAT VA HND HN HKG HK HUN HU ISL IS IND IN IDN ID IRN IR IRQ IQ IRL IE IMN IM ISR IL ITA IT JAM JM JPN JP JEY JE
JOR JO KAZ KZ KEN KE KIR KI PRK KP KOR KR KWT KW KGZ KG LAO LA LVA LV LBN LB LSO LS LBR LR LBY LY LIE LI LTU LT LUX LU MAC MO MDG MG
MWI MW MYS MY MDV MV MLI ML MLT MT MHL MH MTQ MQ MRT MR MUS MU MYT YT MEX MX FSM FM MDA MD MCO MC MNG MN MNE ME MSR MS MAR MA MOZ MZ
MMR MM NAM NA NRU NR NPL NP NLD NL NCL NC NZL NZ NIC NI NER NE NGA NG NIU NU NFK NF MKD MK MNP MP NOR NO OMN OM PAK PK PLW PW PSE PS
PAN PA PNG PG PRY PY PER PE PHL PH PCN PN POL PL PRT PT PRI PR QAT QA REU RE ROU RO RUS RU RWA RW BLM BL SHN SH KNA KN LCA LC MAF MF
SPM PM VCT VC WSM WS SMR SM STP ST SAU SA SEN SN SRB RS SYC SC SLE SL SGP SG SXM SX SVK SK SVN SI SLB SB SOM SO ZAF ZA SGS GS SSD SS
ESP ES LKA LK SDN SD SUR SR SJM SJ SWE SE CHE CH SYR SY TWN TW TJK TJ TZA TZ THA TH TLS TL TGO TG TKL TK TON TO TTO TT TUN TN TUR TR
TKM TM TCA TC TUV TV UGA UG UKR UA ARE AE GBR GB USA US UMI UM URY UY UZB UZ VUT VU VEN VE VNM VN VGB VG VIR VI WLF WF ESH EH YEM YE
ZMB ZM ZWE ZW
"""
_MRZ_ONLY: Final = """
D DE GBD GB GBN GB GBO GB GBP GB GBS GB RKS KS EUE EU UNO UN UNA UN UNK UN
"""

_ALPHA_2: Final = dict(zip(*[iter((_ISO_3166 + _MRZ_ONLY).split())] * 2, strict=True))

_ALPHA_3: Final = {two: three for three, two in reversed(_ALPHA_2.items())}

_EQUIVALENT: Final = {"UK": "GB", "XK": "KS", "ZZ": "UN"}
"""Two-letter codes that certificates use besides the one that belongs there (ICAO's PKD holds ``ZZ`` for the United Nations)."""

_ISSUED_BY: Final = {
    "GB": frozenset(("AI", "BM", "FK", "GG", "GI", "IM", "JE", "KY", "MS", "PN", "SH", "TC", "VG")),
    "CN": frozenset(("HK", "MO")),
    "NL": frozenset(("AW", "CW", "SX")),
    "DK": frozenset(("FO", "GL")),
}
"""Territories whose document signers a state's CSCA may certify under the territory's own code (the PKD holds GB for BM)."""


def alpha_2(code: str) -> str | None:
    """The two letters for a code of an MRZ or a certificate: ``VNM``, ``D<<``, ``vn``.

    Two letters are taken as they are; ``None`` for any other code that is in no list.
    """
    code = code.replace("<", "").strip().upper()
    if len(code) == 2:
        return _EQUIVALENT.get(code, code) if code.isascii() and code.isalpha() else None
    return _ALPHA_2.get(code)


def alpha_3(code: str) -> str | None:
    """The three letters for the two of a certificate; ``None`` where they are in no list."""
    return _ALPHA_3.get(alpha_2(code) or "")


def may_issue_for(csca: str, document_signer: str) -> bool:
    """Whether a CSCA of state *csca* may certify a signer of *document_signer* (two letters each)."""
    return csca == document_signer or document_signer in _ISSUED_BY.get(csca, frozenset())
