"""Sides in words: written together, abbreviated, in other languages, among letters and signs."""

from itertools import pairwise

import pytest

from sct.datasets.mirrors.labels import flips_note, mirrored_labels, unclear_labels
from sct.datasets.mirrors.sides import AXES, mirrored_word, plain


def sets(text: str) -> list[tuple[str, ...]]:
    return [tuple(labels.split(",")) for labels in text.replace("\n", "|").split("|")]


WRITTEN_TOGETHER = sets(
    """upleft,upright|UpLeft,Upright|UPLEFT,UPRIGHT|downright,downleft|outright,outleft
rightshoulder,leftshoulder|rightside,leftside|rightsided,leftsided|rightstep,leftstep
lowright,lowleft|slowright,slowleft|throwright,throwleft|windowright,windowleft|viewright,viewleft
elbowright,elbowleft|arrowright,arrowleft|halfright,halfleft|jabright,jableft|rightup,leftup
rightover,leftover|rightists,leftists|lefts,rights|copyleft,copyright|lefttoright,righttoleft
lefthandrightfoot,righthandleftfoot|goleftfast,gorightfast|upperright,upperleft|turnlft,turnrgt
Linkskurve,Rechtskurve|linksabbiegen,rechtsabbiegen|rechterarm,linkerarm|rechtsaf,linksaf
vonlinks,vonrechts|halblinks,halbrechts|LinkeHand,RechteHand|Linkshänder,Rechtshänder
linksherum,rechtsherum|linkehand,rechtehand|versgauche,versdroite|brasgauche,brasdroit
giraizquierda,giraderecha|manoizq,manoder|manosinistra,manodestra|vänstersväng,högersväng
venstresving,hoyresving|balkéz,jobbkéz|quaytrai,quayphai|skretwlewo,skretwprawo
eastturn,westturn|northeastern,northwestern|northeasterly,northwesterly|spincw,spinccw
Lturn,Rturn|Lhand,Rhand|LHAND,RHAND|turnl,turnr|KICKL,KICKR|kicklt,kickrt|ltkick,rtkick
rthumb,lthumb|UpLeft,Upright|leftarm,right_arm|TurnLeft,Turnright|lkick,rkick|handl,handr|lcl,lcr"""
)
WORDS = sets(
    """kickle,kickri|lehand,rihand|turnli,turnre|swipelef,swiperig|vaarm,hoarm|solhand,saghand|izq,der|mano_izq,mano_der|izq.,der.|izqda,dcha|izda,dcha|gira_izq,gira_der|esq,dir|sx,dx
gaucher,droitier|zurdo,diestro|canhoto,destro|southpaw,orthodox|goofy,regular|lefthander,righthander
hoger,vanster|hoeger,vaenster|HÖGER,VÄNSTER|hojre,venstre|hoyre,venstre|høyre,venstre
dreapta,stanga|dreapta,stânga|quay trai,quay phai|quay trái,quay phải|saga,sola|SAĞA,SOLA
saga_don,sola_don|bal,jobb|levo,desno|lijevo,desno|leva,prava|vľavo,vpravo|į kairę,į dešinę
kairėn,dešinėn|vasak,parem|vinstri,hægri|kaliwa,kanan|esquerra,dreta|smola,yamina|zuo,you
ost,west|nordost,nordwest|est,ouest|este,oeste|öster,väster|babord,tribord|Backbord,Steuerbord
EB,WB|ENE,WNW|LR,RL|swipe_lr,swipe_rl|le,ri|lef,rig|lef,right|left,rigth|leftt,rightt
li,re|kick_li,kick_re|vas,oik|hand va,hand hö|bayen,dayen|port,stbd
sinister,dexter|sinistral,dextral|le\u0301vy,pra\u0301vy|\uff2c\uff25\uff26\uff34,\uff32\uff29\uff27\uff28\uff34
le\u00adft,ri\u00adght|顺时针,逆时针"""
)
CLOCK = sets(
    """ClockWise,AntiClockWise|ClockWise,CounterClockWise|clockWise,antiClockWise
clock_wise,anti_clock_wise|CLOCK_WISE,COUNTER_CLOCK_WISE|clock-wise,counter-clock-wise
Clock Wise,Counter Clock Wise|clockwise,anti clock wise|clockwise,contra-clockwise
RotateClockWise,RotateAntiClockWise|spinclockwise,spinanticlockwise
clockwise 90,counter clockwise 90
CLOCKWISE,ANTICLOCKWISE|horaire,anti-horaire|sentido horário,sentido anti horário|medurs,moturs
clkwise,anticlkwise|deasil,widdershins"""
)


@pytest.mark.parametrize("labels", [*WRITTEN_TOGETHER, *WORDS], ids=",".join)
def test_sides_are_exchanged_and_never_kept(labels):
    assert mirrored_labels((*labels, "walk")) == (1, 0, 2)
    assert mirrored_labels(labels, trusted=True) == (1, 0)
    assert flips_note(labels, None) == ""


@pytest.mark.parametrize("labels", CLOCK, ids=",".join)
@pytest.mark.parametrize("axis", AXES)
def test_turns_are_exchanged_by_both_mirrors(labels, axis):
    assert mirrored_labels((*labels, "walk"), axis) == (1, 0, 2)
    assert mirrored_labels((labels[0], "walk"), axis) == (-1, 1)
    assert mirrored_labels((labels[1], "walk"), axis) == (-1, 1)


ALONE = """rightshoulder|rightside|lowright|elbowright|jabright|upleft|downleft|upperleft|rightover
Linkskurve|rechtsabbiegen|rechterarm|giraizquierda|versgauche|Lturn|KICKR|lthumb|halblinks|turnlft
izq|dcha|zurdo|hoger|stanga|trai|righthanded|lefttoright|im Uhrzeigersinn|met de klok mee|nearside
dans le sens des aiguilles|counter clock wise|rigth|northwestern""".replace("\n", "|").split("|")


@pytest.mark.parametrize("label", ALONE)
def test_a_side_whose_mirror_has_no_label_is_not_mirrored_even_if_trusted(label):
    assert mirrored_labels((label, "walk"), trusted=True) == (-1, 1)


UP_AND_DOWN = sets(
    """jumpup,jumpdown|groupup,groupdown|closeup,closedown|stepup,stepdown|upstep,downstep
upright,downright|upleft,downleft|topleft,bottomleft|lowerarm,upperarm|pgup,pgdn
hochziehen,runterziehen|UpDown,DownUp|handu,handd"""
)


@pytest.mark.parametrize("labels", UP_AND_DOWN, ids=",".join)
def test_up_and_down_written_together(labels):
    assert mirrored_labels((*labels, "walk"), "vertical") == (1, 0, 2)


def test_a_side_is_known_from_the_other_mirror_too():
    assert mirrored_labels(("upleft", "upright"), "vertical") == (-1, -1)
    assert mirrored_labels(("topleft", "topright"), "vertical") == (-1, -1)
    corners = ("upright", "upleft", "downright", "downleft")
    assert mirrored_labels(corners) == (1, 0, 3, 2)
    assert mirrored_labels(corners, "vertical") == (2, 3, 0, 1)


UNCLEAR = sets(
    """b,d|c,d|F,U|B,C,D|n,u|p,b,d,q|L,F|R,B|l,u|ASL_b,ASL_d|ASL_l,ASL_u,ASL_b
type B,type D|type d,type b
TypeB,TypeD|grade_b,grade_d,grade_c|writing b,writing d|b_letter,d_letter|plan_c,plan_d
type l,type b
armLup,armRup|b,d,u|B1,D1|leye,reye|lear,rear|larm,rarm
LA,RA|wink leye,wink reye|lock,rock|eyeclosel,eyecloser
yaw+,yaw-|+yaw,-yaw|yaw +,yaw -|yaw (+),yaw (–)|rot+,rot−|+,-|x+,x-|yaw_plus,yaw_minus
yawpos,yawneg
pos_x,neg_x|plus_x,minus_x|xpos,xneg|rot positive,rot negative|minus,plus|spin,anti-spin
spin,counterspin|spin,reverse spin|正转,反转|heading 90,heading 270|heading_090,heading_270
90 degrees,270 degrees|+30,-30|-90,90|rot90,rot-90|90°,270°|ninety,two seventy|turn one,turn two
turn I,turn II,turn III|one,two|first,second|turn first,turn second|turn alpha,turn beta
typea,typeb|gestureone,gesturetwo|turn_ab,turn_cd|AB,CD|→,←|turn →,turn ←
hand 👈,hand 👉|↺,↻|swipe <,swipe >
swipe <-,swipe ->|turn «,turn »|lean /,lean \\|N,S,E,W|2 o'clock,10 o'clock"""
)


@pytest.mark.parametrize("labels", UNCLEAR, ids=",".join)
def test_labels_that_differ_by_what_nobody_knows_are_not_mirrored(labels):
    """And somebody who trusts them gets them mirrored."""
    same = tuple(range(len(labels)))
    assert mirrored_labels(labels) == (-1,) * len(labels)
    assert mirrored_labels(labels, trusted=True) == same
    assert unclear_labels(labels) == labels
    assert "--flips" in flips_note(labels, None)


def test_letters_are_directions_only_where_a_pair_of_them_stands():
    assert mirrored_labels(("L", "R", "C")) == (1, 0, 2)
    assert mirrored_labels(("l", "u", "r", "d")) == (2, 1, 0, 3)
    assert mirrored_labels(("l", "u", "r", "d"), "vertical") == (0, 3, 2, 1)
    assert mirrored_labels(("eye_l", "eye_r", "eye_c")) == (1, 0, 2)
    assert mirrored_labels(("turn_l", "turn_r", "type b", "type d")) == (1, 0, -1, -1)
    assert mirrored_labels(("eye_l", "eye_r", "arm_l", "walk")) == (1, 0, -1, 3)


def test_a_mirror_of_a_mirror_is_the_clip_itself():
    words = """left,right,links,rechts,gauche,droite,droit,cw,ccw,acw,NE,NW,SE,SW,upright,upleft,
    downright,izq,der,dcha,lef,rigth,L,R,lr,rl,walk,port,levo,desno,pravo,typea,typeb,yaw+,yaw-"""
    labels = tuple(word.strip() for word in words.split(","))
    for axis in AXES:
        for end in range(len(labels)):
            for trusted in (False, True):
                found = mirrored_labels(labels[: end + 1], axis, trusted)
                assert all(j < 0 or found[j] == i for i, j in enumerate(found))
    assert mirrored_labels(("gauche", "droite", "droit")) == (1, 0, -1)


def test_nearly_the_same_words_that_are_no_sides_stay():
    labels = """upright,downtown,bright light,brighten,fright,frightening,playwright,rightful
leftovers,copyright,blinking,clinking glasses,destroying,curl,bowl,girl,crawl,rhythm,llama,lynx
pushup,push-ups,hyper,orthodox,regular stretch,sola,group,position,counting,counter top
posing,against the wall"""
    labels = tuple(labels.replace("\n", ",").split(","))
    expected = [-1 if label == "sola" else i for i, label in enumerate(labels)]
    assert mirrored_labels(labels) == tuple(expected)
    assert unclear_labels(labels) == ()


# Pairs of ordinary words of which abbreviations such as le ri, li re, va ho and sin des would make
# one of the other; labels whose rest is not the same; words with a side in them that mean none.
LOOKALIKE = sets(
    """clean sink,clean desk|list,rest|lists,rests|listing,resting|lid,red|lip,rep|leg,rig
pick leg,pick rig|lever,river|ledge,ridge|lift,reft|lint,rent|lit,ret|lesser,risser|led,rid
hose,vase|host,vest|hot,vat|hot,vet|hop,vap|honey,veney|hone,vane|sage,sole|solo,sago|solely,sagely
sagacious,solacious|drop,gaup|dross,gauss|baler,jobber|caple,capri|cleft,crig|left,lift
inodes,inosin|estuary,vestuary|ester,vester|clean lid,clean red cup
sink and desk,desk and lamp|le chat,ri|goofy dance,regular stretch|ice skating,va banque,ho hum
sing,dessert|pedestrian,pesinistrian|ambidextrous,dexterity|downlinks,uplinks|li,redo|re,like
CleanSink,CleanDesk|clean_lid,clean_red|cleansink,cleandesk|we run,ew no|os update,od"""
)


@pytest.mark.parametrize("labels", LOOKALIKE, ids=",".join)
def test_ordinary_words_are_not_exchanged_for_what_abbreviations_make_of_them(labels):
    if "left" not in labels:
        assert mirrored_labels(labels) == tuple(range(len(labels)))
    else:
        assert mirrored_labels(labels) == (-1, 1)
    assert unclear_labels(labels) == ()


def test_many_ordinary_words_together_are_all_mirrored():
    others = {"left", "led", "rid"}  # which are unclear beside red and lid
    words = dict.fromkeys(word for pair in LOOKALIKE for word in pair if len(word) > 2)
    labels = tuple(sorted(words.keys() - others))
    assert mirrored_labels(labels) == tuple(range(len(labels)))


def test_an_abbreviation_is_a_side_if_it_makes_one_label_of_another_and_then_in_all():
    assert mirrored_labels(("kick li", "kick re", "wave li")) == (1, 0, -1)
    assert mirrored_labels(("kick li", "wave re", "wave")) == (0, 1, 2)
    assert mirrored_labels(("izq arriba", "der abajo", "walk")) == (-1, -1, 2)  # as izq is clear
    assert mirrored_labels(("mit der Hand", "mit dem Fuß")) == (0, 1)
    assert mirrored_labels(("kick_va", "kick_ho", "hose", "vase")) == (1, 0, 2, 3)


INFLECTED = sets(
    """saat yönü,saat yönünün tersi|saat yönünde,saat yönünün tersine|SaatYonu,SaatYonununTersi
saatyonu,saatyonununtersi|searah jarum jam,berlawanan jarum jam
putar searah jarum jam,putar berlawanan arah jarum jam|ikut arah jam,lawan arah jam
vasemman,oikean|vasenta,oikeaa|vasemmassa,oikeassa|vasemmalla,oikealla|vasenkätinen,oikeakätinen
myötäpäivään,vastapäivään|lijeve,desne|lijeve ruke,desne ruke|lijevu,desnu|leve,desne|leva,desna
levou rukou,pravou rukou|lewą,prawą|lewego,prawego|лівий,правий|ліва,права|лява,дясна|левую,правую
vasaku,parema|vasakut,paremat|vasakul,paremal|päripäeva,vastupäeva|kreisā,labā|kreisais,labais
kreisā roka,labā roka|kairysis,dešinysis|kairioji,dešinioji|kairėje,dešinėje|sinistri,destri
sinistre,destre|mancino,destro|mancina,destra|canhota,destra|siniestro,diestro|i majtë,i djathtë
majta,djathta|shunshizhen,nishizhen|shun shi zhen,ni shi zhen|tokei mawari,hantokei mawari
tokeimawari,hantokeimawari
順時計,反時計|顺时针,反时针|ひだり,みぎ|vinstre,høgre|til venstre,til høgre
swipe_lft,swipe_rht|swipe lefft,swipe right|ezkerrera,eskuinera|ezkerretara,eskuinetara
stânga,dreapta|stângaci,dreptaci|solak,sağlak|solunda,sağında|balról,jobbról|balkezes,jobbkezes
im Uhrzeigersinn,gegen den Uhrzeigersinn|met de klok mee,tegen de klok in|med uret,mot uret
med sola,mot sola|sens des aiguilles,sens inverse|sens des aiguilles,sens contraire des aiguilles
sentido de las agujas,sentido contrario a las agujas|cùng chiều kim đồng hồ,ngược chiều kim đồng hồ
OD,OS|eye OD,eye OS|EW,WE|virage_gch,virage_drt|izq,dch|gee,haw|sunwise,widdershins
ters saat yönü,saat yönü|saatin tersi,saat yönü|ikut jam,lawan jam|com o relógio,contra o relógio
levičar,desničar|ljevak,dešnjak|levák,pravák|левша,правша|вліво,вправо|улево,удесно|kreilis,labrocis
leworęczny,praworęczny|maldekstra,dekstra|chwith,dde|örvhentur,rétthentur|réttsælis,rangsælis
時計回り,反時計回り|時計回り,半時計回り|時計方向,反時計方向|正時針,反時針
sigye banghyang,ban sigye banghyang|migigawa,hidarigawa|zuobian,youbian|zuo bian,you bian|wen,oreun
vasakukäe,paremakäe|çep,rast|ľavou rukou,pravou rukou|kloksgewijs,antikloksgewijs
mit der Uhr,gegen die Uhr|Ostseite,Westseite|østover,vestover|solkol,sağkol|balkanyar,jobbkanyar
αριστερά,δεξιά|sinistrorse,dextrorse|baen haath,daen haath"""
)


@pytest.mark.parametrize("labels", INFLECTED, ids=",".join)
def test_inflected_sides_and_turns_of_many_words_are_exchanged(labels):
    assert mirrored_labels((*labels, "walk")) == (1, 0, 2)
    assert mirrored_labels(labels, trusted=True) == (1, 0)
    assert flips_note(labels, None) == ""


HALVES = """til høgre|反時計|swipe_rht|mancino|ezkerrera|vasemman|oikean|lijeve|desne|parema|labais
kairysis|destri|djathtë|nishizhen|hantokei mawari|saat yönü|saat yönünün tersi|berlawanan jarum jam
driver side|passenger side|driverside|Passenger Side|driver's side|drivers side|driver_door|kerbside
sens inverse|gegen den Uhrzeigersinn|po směru hodinových ručiček|migigawa|youbian|zuo bian
jobb kéz|dde|ľavou|levičar|正時針|時計方向"""
HALVES = HALVES.replace("\n", "|").split("|")


@pytest.mark.parametrize("label", HALVES)
def test_one_of_a_pair_alone_and_sides_of_a_car_are_not_mirrored(label):
    assert mirrored_labels((label, "walk")) == (-1, 1)
    assert mirrored_labels((label, "walk"), trusted=True) == (-1, 1)


def test_the_sides_of_a_car_are_no_mirror_of_each_other():
    assert mirrored_labels(("driver side", "passenger side", "driving car")) == (-1, -1, 2)
    assert mirrored_labels(("driver", "passenger", "side")) == (0, 1, 2)


STEMS = sets(
    """vasemmanpuolinen,oikeanpuolinen|käsi vasemmuksi,käsi oikeuksi|kairiarankis,dešiniarankis
esquerdinha,direitinha|majtist,djathtist"""
)


@pytest.mark.parametrize("labels", STEMS, ids=",".join)
def test_sides_with_an_ending_that_the_table_lacks_are_unclear(labels):
    assert mirrored_labels((*labels, "walk")) == (-1, -1, 2)
    assert unclear_labels((*labels, "walk")) == labels


def test_two_stems_of_sides_are_unclear_only_if_all_else_is_the_same():
    assert mirrored_labels(("lavender", "pravus", "levering")) == (-1, -1, -1)
    assert mirrored_labels(("lavender tea", "pravus", "levering up")) == (0, 1, 2)
    assert mirrored_labels(("lever", "lava", "lewd", "laver", "ball", "linking")) == (
        0,
        1,
        2,
        3,
        4,
        5,
    )


NO_UP_NOR_DOWN = sets(
    """upload,download|uploading,downloading|set,net|new,sew|never,sever|nettle,settle|mend,menu
bend,benu|upgrade,downgrade|upstream,downstream|uppercase,lowercase|breakup,breakdown|backup,backdown
lockup,lockdown|startup,shutdown|showup,showdown|cd,cu|una,dna"""
)


@pytest.mark.parametrize("labels", NO_UP_NOR_DOWN, ids=",".join)
def test_words_in_which_up_and_down_mean_no_direction_stay_even_beside_each_other(labels):
    assert mirrored_labels((*labels, "walk"), "vertical", trusted=True) == (0, 1, 2)


UCF = """Apply Eye Makeup,Apply Lipstick,Archery,Baby Crawling,Balance Beam,Band Marching
Baseball Pitch,Basketball,Basketball Dunk,Bench Press,Biking,Billiards,Blow Dry Hair,Blowing Candles
Body Weight Squats,Bowling,Boxing Punching Bag,Boxing Speed Bag,Breast Stroke,Brushing Teeth
Clean And Jerk,Cliff Diving,Cricket Bowling,Cricket Shot,Cutting In Kitchen,Diving,Drumming,Fencing
Field Hockey Penalty,Floor Gymnastics,Frisbee Catch,Front Crawl,Golf Swing,Haircut,Hammering
Hammer Throw,Handstand Pushups,Handstand Walking,Head Massage,High Jump,Horse Race,Horse Riding
Hula Hoop,Ice Dancing,Javelin Throw,Juggling Balls,Jumping Jack,Jump Rope,Kayaking,Knitting
Long Jump,Lunges,Military Parade,Mixing,Mopping Floor,Nunchucks,Parallel Bars,Pizza Tossing
Playing Cello,Playing Daf,Playing Dhol,Playing Flute,Playing Guitar,Playing Piano,Playing Sitar
Playing Tabla,Playing Violin,Pole Vault,Pommel Horse,Pull Ups,Punch,Push Ups,Rafting
Rock Climbing Indoor,Rope Climbing,Rowing,Salsa Spin,Shaving Beard,Shotput,Skate Boarding,Skiing
Skijet,Sky Diving,Soccer Juggling,Soccer Penalty,Still Rings,Sumo Wrestling,Surfing,Swing
Table Tennis Shot,Tai Chi,Tennis Swing,Throw Discus,Trampoline Jumping,Typing,Uneven Bars
Volleyball Spiking,Walking With Dog,Wall Pushups,Writing On Board,Yo Yo""".replace("\n", ",").split(
    ","
)


@pytest.mark.parametrize("joint", [" ", "_", "", None], ids=["words", "lines", "glued", "capitals"])
def test_all_names_of_ucf101_are_mirrored(joint):
    labels = [
        name.replace(" ", "") if joint is None else name.lower().replace(" ", joint) for name in UCF
    ]
    assert len(labels) == 101
    assert mirrored_labels(labels) == tuple(range(101)) and unclear_labels(labels) == ()


def test_what_a_mirror_makes_of_one_word():
    none, some = frozenset(), frozenset({"upleft", "rock", "rhand"})
    assert mirrored_word("left", "horizontal", none)[0] == "right"
    assert mirrored_word("left", "vertical", none) == ("left",)
    assert mirrored_word("upright", "horizontal", none) == ("upright",)
    assert mirrored_word("upright", "horizontal", some) == ("upleft",)
    assert mirrored_word("lock", "horizontal", some) == ("lock",)  # with rock it is unclear
    assert mirrored_word("lhand", "horizontal", some) == ("rhand",)
    assert mirrored_word("uhrzeigersinn", "horizontal", some) == ()
    assert plain("Høyre hægri Łódź SAĞ ﬁ 왼쪽") == "Hoyre haegri Lodz SAG fi 왼쪽"


def test_no_two_words_of_the_tables_share_a_partner_by_mistake():
    from sct.datasets.mirrors import sides

    for axis in AXES:
        for word, others in sides.SWAPS[axis].items():
            assert word == plain(word).lower() and word not in others
            assert all(word in sides.SWAPS[axis][other] for other in others)
            assert all(a != b for a, b in pairwise(others))
