"""Lists words for sides and turns in many languages: which word a mirror makes of which.

Accents and capitals do not count, see `sct.datasets.mirrors.sides.plain`.
"""

from __future__ import annotations

# Words that a mirror exchanges. A word may have several partners: the one that there is counts.
BOTH = """clockwise counterclockwise, cw ccw, cw acw, horaire antihoraire, horario antihorario,
    orario antiorario, orar antiorar, medurs moturs, medsols motsols, deasil widdershins,
    deasil withershins, sunwise widdershins, sunwise antisunwise, clk anticlk, clk aclk,
    clkwise anticlkwise, myötäpäivään vastapäivään, päripäeva vastupäeva, deiseal tuathal,
    kloksgewijs antikloksgewijs, kloksgewys antikloksgewys, réttsælis rangsælis,
    kellosuunta vastakellosuunta, horari antihorari, wijzerzin tegenwijzerzin,
    δεξιόστροφα αριστερόστροφα, 順 逆, 顺 逆"""
PAIRS = {
    "horizontal": """left right, left rigth, leftward rightward, leftwards rightwards,
    leftmost rightmost, lefty righty, leftie rightie, lhs rhs, lh rh, lt rt, lft rgt, lft rght,
    lft rht, left rht, left rght, left rgt, left rigt, left rihgt, lft right, lefft right,
    leff right, letf right,
    ltr rtl, lr rl, l r, east west, eastward westward, eastwards westwards, eastern western,
    easterly westerly, eastbound westbound, northeast northwest, southeast southwest,
    northeastern northwestern, southeastern southwestern, ne nw, se sw, ene wnw, ese wsw,
    nne nnw, sse ssw, eb wb, port starboard, larboard starboard, portside starboardside,
    babord tribord, babord styrbord, bakbord styrbord, backbord steuerbord, bakboord stuurboord,
    babor estribor, bombordo estibordo, sinister dexter, sinistral dextral, levo dextro, sx dx,
    links rechts, linke rechte, linker rechter, linkes rechtes, linken rechten,
    linksum rechtsum, linksom rechtsom, linksaf rechtsaf, linkerhand rechterhand,
    linkshänder rechtshänder, links regs, linker regter, gauche droite, gauche droit,
    gaucher droitier, gauchère droitière, izquierda derecha, izquierdo derecho,
    izq dcha, izq dch, izqda dcha, izda dcha, izdo dcho, izqdo dcho, zurdo diestro, zurda diestra,
    siniestra diestra, esquerda direita, esquerdo direito, canhoto destro, esquerda dereita,
    esquerra dreta, esquerre dret, ezker eskuin, ezkerra eskuina, sinistra destra,
    sinistro destro, stânga dreapta, stângul dreptul, stâng drept, lewo prawo, lewa prawa,
    lewy prawy, lewej prawej, vlevo vpravo, doleva doprava, nalevo napravo, zleva zprava,
    levá pravá, levý pravý, vľavo vpravo, doľava doprava, naľavo napravo, lijevo desno,
    levo desno, levo pravo, lijeva desna, leva desna, ulijevo udesno, vänster höger,
    vaenster hoeger, vänstra högra, venstre høyre, venstre højre, venstre hoejre,
    venstre hoeyre, venstre høgre, vinstri hægri, vasen oikea, vasemmalle oikealle,
    vasemmalta oikealta, vasempaan oikeaan, vasak parem, vasakule paremale, kreisi labi,
    kairė dešinė, kairėn dešinėn, balra jobbra, sol sağ, sola sağa, soldan sağdan, kiri kanan,
    kaliwa kanan, trái phải, kushoto kulia, majtas djathtas, hidari migi, aristera dexia,
    smol yamin, port stbd, bayen dayen, baye daye, oenjjok oreunjjok, xellug lemin,
    maldekstre dekstre, livoruch pravoruch, aristera deksia, smola yamina, yasar yamin,
    左 右, 東 西, 东 西, лево право, влево вправо, налево направо, слева справа, левый правый,
    левая правая, левой правой, левое правое, sleva sprava, levyy pravyy, levaya pravaya,
    osten westen, nordost nordwest, südost südwest, ouest est, nordest nordouest,
    nordeste noroeste, oeste este, oeste leste, ovest est, öster väster, itä länsi, doğu batı,
    timur barat, higashi nishi, vostok zapad, východ západ, wschód zachód, kelet nyugat,
    восток запад""",
    "vertical": """up down, up dn, pgup pgdn, upward downward, upwards downwards, upper lower,
    uppermost lowermost, upstairs downstairs, uphill downhill, top bottom, above below, u d,
    north south, northward southward, northwards southwards, northern southern,
    northbound southbound, northeast southeast, northwest southwest, northeastern southeastern,
    northwestern southwestern, ne se, nw sw, oben unten, hoch runter, hinauf hinunter,
    aufwärts abwärts, haut bas, arriba abajo, cima baixo, omhoog omlaag, upp ner, 上 下,
    вверх вниз""",
}
# Their inflected forms and rarer words, which count as whole words only: "pedestrian" has "destri"
# in it. Two stems and what may follow both.
FORMS = """lijev desn: i a o e u og oga om ome oj ih im ima
    lev desn: i a o e u og oga om oj ih im ega em emu
    lev prav: y a e o i ou eho emu em ym ych ymi yi aya aia oe oy oi uyu ogo om
    lav prav: ou ej eho emu om ym ych ymi o i ak aci
    lev prav: ak aci sha
    levic desnic: ar ari arka
    ljev desn: ak=jak ak=ak oruk
    ljevak dešnjak: -
    левш правш: а и
    влів вправ: о
    налів направ: о
    улев удесн: о
    налев надесн: о
    leworęczn praworęczn: y a e i
    leworeczn praworeczn: y a e i
    lewoskretn prawoskretn: y a e
    lew praw: y a e o i ej ego emu ym ych ymi
    лев прав: ый ая ое ой ую ого ому ом ым ые ых ыми о
    лів прав: ий а е у о ої ою ому им ого оруч
    лев десн: о а и е у ог ом ој
    ляв дясн: о а
    наляв надясн: о
    ezkerr eskuin: a era ean etik etara erantz eko aren ak ean
    majt djatht: e a i en es ur as
    kreis lab: a ais o as i aja ajam ajai aki am
    kair desin: e en es ei eje ysis ioji iaja iosios iojo iuoju iam iajam iau ioje
    vasaku parema: - t l lt le s st sse ks ga
    vasem oike: man=an massa=assa masta=asta malla=alla pi=ampi pana=ana mat=at
    vase oike: nta=aa nkatinen=akatinen nkatiset=akatiset
    vasakukae paremakae: - t eline
    kreil labroc: is=is a i e
    maldekstr dekstr: a e en an aj ajn
    chwith dde: -
    örvhent rétthent: ur
    vinstr haegr: i a u um ar
    vinstr hogr: i a u e
    sinistr destr: i e o a
    mancin destr: i e o a
    siniestr diestr: o a os as
    canhot destr: os as a
    zurd diestr: os as
    esquerr dret: es=es ans=ans a=a
    esquerd dereit: o a os as
    stang drept: a i ii=ei aci ului ei
    linkem rechtem: -
    ost vest: over lig side kyst
    bal jobb: kanyar fordulo szel kanyarodas kezzel labbal szelso
    bal jobb: ra rol kez kezes kar lab oldal oldali oldalon felol
    sol sag: el kol ayak bacak goz omuz diz taraf elle yumruk tekme adon adonus serit viraj
    so sag: l= lda=da ldan=dan la=a lu=i lun=in luna=ina lunda=inda ldaki=daki lak=lak
    hidari migi: te gawa mawari muki ashi
    zuo you: bian ce shou jiao zhuan mian
    xiangzuo xiangyou: -
    shimal yamin: -
    shmal yamin: -
    shmola yamina: -
    yasaar yameen: -
    baayen daayen: -
    baayan daayan: -
    baen daen: -
    bayan dayan: -
    pakaliwa pakanan: -
    arister dexi: o=o i=a o= a=a
    αριστερ δεξι: α ο η=α ά=ά
    wenjjok oreunjjok: -
    kleiz dehou: -
    lenks riets: -
    sinistrors dextrors: e a o um al
    ひだり みぎ: -"""
# Ordinary words, and abbreviations: they count if exchanging them makes one label of another, or if
# the set has their opposite among the words above.
ORDINARY = {
    "horizontal": """slash backslash, izq der, dir esq, dta esq,
    bal jobb, zuo you, le ri, lf rg, lava prava,
    lavy pravy, lave prave, lavu pravu, chap rast, dong xi, ost west, öst väst,
    øst vest, est vest, southpaw orthodox, goofy regular, lef rig, lef right, li re,
    lks rts, gau dro, gch drt, gch dte, gche drte, gche dte, iz de, esq dto, sin des, sin dx, sn dx,
    sn ds, lew praw, lev prav, vas oik, va ho, ve ho, sai khwa, cep rast, wen oreun, oen oreun,
    cle deas, od os, ew we, gee haw, idathu valathu, edama kudi, osi otun, zuun baruun, chap ong,
    goch dwat, hagu dama, kwesokunxele kwesokudla""",
    "vertical": "ns sn",
}
# Of the first ones those of at least three letters mean sides at either end of another word too, if
# the set has the mirror of that word, as giraizq and girader; but not those that make one ordinary
# word of another, as sage and sole, and so do few of the short ones.
NO_AFFIX = "sol sola"
SHORT_AFFIXES = {
    "horizontal": """l r, lt rt, lh rh, lf rg, lks rts, zuo you, dir esq, dta esq, esq dto,
    izq der, ost west, öst väst""",
    "vertical": "u d",
}
# Beside these all words mean sides, as in kickle and kickri.
MOVED = """arm ear elbow eye face foot hand head hip knee leg shoulder thumb wrist bend dodge hook
    jab jump kick lean look move point punch roll rotate scroll shift slide spin swing swipe
    throw tilt turn twist walk wave yaw"""
# Turns and sides that are told by other words, as with the clock: their mirror is not known.
NO_PARTNER = """uhrzeigersinn uzs urzeigersinn gegenuhrzeigersinn aiguilles manecillas agujas
    ponteiros lancette klok uret wskazówek ručiček ručičiek óramutató kazaljke kazaljki kazalca
    kazalcev ceasornic pulksteņrādītāja laikrodžio erlojuaren часовой годинниковою əqrəbi eqrebi
    zuo jobb nearside offside driverside passengerside kerbside curbside"""
# Turns with the clock and against it, in several words without accents, which may stand together.
_SENSE = "(?:(?:arah|dengan|dgn) )*"
_POINTERS = "(?:agujas|manecillas)"
_HANDS = "(?:wijzers(?: van de klok)?|klok)"
_HOUR = "(?:uret|klokk?a|klokken|klockan|solen|sola)"
PHRASES = {
    "counterclockwise": (
        r"gegen (?:den |dem )?uhrzeigersinn|gegen die uhr",
        rf"tegen de {_HANDS}(?: in)?",
        r"sens (?:inverse|contraire)(?: (?:des|aux) aiguilles)?",
        rf"(?:el )?sentido (?:contrario|inverso)(?: (?:a|al de|de) las {_POINTERS})?",
        r"senso (?:contrario|inverso)",
        rf"(?:en )?contra (?:de )?las {_POINTERS}|contra (?:el reloj|o relogio)",
        r"saat(?:in| yonunun) (?:tersi|aksi)(?:ne|nde)?|ters saat yonu(?:nde|ne)?",
        rf"(?:berlawanan|(?:me)?lawan) {_SENSE}(?:jarum )?jam",
        r"nguoc chieu kim dong ho",
        r"han tokei mawari",
        r"ni shi zhen",
        r"ban sigye(?: banghyang)?",
        rf"mo[td] {_HOUR}",
    ),
    "clockwise": (
        r"im uhrzeigersinn|mit der uhr",
        rf"met de {_HANDS}(?: mee)?",
        r"sens des aiguilles",
        rf"(?:el )?sentido de las {_POINTERS}|con el reloj|com o relogio",
        r"saat yonu(?:nde|ne)?",
        rf"searah {_SENSE}jarum jam",
        rf"(?:meng)?ikut {_SENSE}(?:jarum )?jam",
        r"(?:cung|thuan|theo) chieu kim dong ho",
        r"tokei mawari",
        r"shun shi zhen",
        r"sigye banghyang",
        rf"med {_HOUR}",
    ),
}
# Stems of words for the left and for the right, a language in a line: labels that differ in two
# such words are taken for sides, whatever the inflection.
STEMS = """lijev ljev lev ľav lew лев лів ляв | desn dešn prav praw десн прав дясн
    vasem vasen vasak | oike parem
    kreis | lab
    kair | dešin
    sinist siniest mancin zurd canhot esquer izqu | destr diestr derech dereit direit dret
    gauch | droit
    stâng | drept dreapt
    vänst venst vinst | höger högr høyr høgr højr hægr
    link | recht
    majt | djatht
    ezker | eskui
    kiri kaliw | kanan
    hidari | migi
    αριστερ | δεξι"""
