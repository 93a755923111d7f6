//! What the words of each language are made of.

/// The most frequent words of English.
pub const ENGLISH: &str = "the of and to in a is that for it as was with be by on not he his but at \
    are this have from or had an they which one you were all her she there would their we him \
    been has when who will no more if out so what up said its about than into them can only other \
    time new some could these two may first then do any like my now over such our man me even most \
    made after also did many must before back see through way where get much go well your know \
    should down work year because come people just say each those take day good how long own too \
    little use still life being here every both between another think does";

/// English stems.
pub const ENGLISH_STEMS: &str = "comput train predict learn token model infer sampl layer attent gradi vector \
    index search stor writ read stream encod decod pars compil optim measur schedul alloc buff \
    cach netw serv client request respon transact commit lock thread process memor disk file \
    fold path quer tabl column row join filt sort group count limit page curs record field valu \
    type struct funct method class object inst interf abstr concret gener speci vari const param \
    argu return loop branch condit excep error fail succ retr back front middl end start stop \
    begin finish open clos creat delet updat insert select merg split divid multipl add subtract \
    round floor ceil aver medi distrib random sequ seri parallel concurr synchron wait notif \
    event sign messag chann pipe sock bind list connect disconn transf upload download import \
    export conver transl interpret analy synth design draw paint render display hid show view \
    edit format print scan copi past cut undo redo histor versi releas deploy install config \
    setting option prefer default custom person user account login secur encrypt key hash valid \
    verif test check assert expect mock simul emul bench profil trac log monitor alert report \
    summar describ explain teach studi research experiment observ hypoth theor proof axiom \
    lemma algebr geometr calcul equat solut problem answer question reason think believ know \
    understand rememb forget imagin dream hope wish want need demand suppl market trad price \
    cost profit invest bank loan credit tax govern law court judg crim polic peac war histor \
    cultur art music paint poem stor novel play act film photo pictur imag sound voic speech \
    languag gramm word sentenc paragr chapter book librar school univers colleg degree cours \
    lesson exam grad hospit doctor nurs patient medic treat diseas virus bacter cell gene protein \
    organ heart brain blood bone muscl skin food meal cook bak boil fri roast season spic salt \
    sugar fruit vegetabl meat fish bread water wine beer coffe travel journey trip flight train \
    road bridg river mountain forest desert ocean island coast weather rain snow storm wind cloud \
    sun moon star planet galax univers atom molecul electr magnet gravit energ force mass speed \
    light heat cold warm wet dry hard soft strong weak fast slow high low deep shallow wide narrow";

/// English endings.
pub const ENGLISH_ENDINGS: [&str; 28] = [
    "e", "es", "ed", "ing", "er", "ers", "ion", "ions", "ive", "able", "al", "ally", "ment",
    "ments", "ness", "ity", "ities", "ous", "ously", "ism", "ist", "ists", "ize", "ized", "izing",
    "ance", "ful", "less",
];

/// English beginnings.
pub const ENGLISH_BEGINNINGS: [&str; 8] = ["re", "un", "pre", "over", "inter", "non", "dis", "con"];

/// The most frequent words of German.
pub const GERMAN: &str = "der die und in den von zu das mit sich des auf für ist im dem nicht ein \
    eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem \
    über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei prozent \
    hatte kann gegen vom können schon wenn habe seine ihre dann unter wir soll ich eines jahr zwei \
    jahren diese dieser wieder keine uhr seiner worden will zwischen immer was sagte gibt alle \
    seit muss doch jetzt waren drei neue damit bereits da ihr seinen müssen ab ihrem ihren weil \
    sehr möchte bitte warum welche";

/// German stems.
pub const GERMAN_STEMS: &str = "rechn lern frag antwort schreib les such find spiel arbeit lös \
    prüf mess wert zahl text sprach model speich lad start end änder lösch öffn schließ zeig hör \
    seh denk wiss versteh erklär beschreib bau plan leit führ fahr lauf trag halt stell leg setz \
    zieh drück schneid mach tu geb nehm bring hol send kauf verkauf zahl dank hoff wünsch glaub \
    meld wart dauer wachs änder teil samml ordn wähl bind trenn misch koch back brat ess trink \
    schlaf wach träum kling sing tanz mal zeichn bild farb form größ höh tief breit läng kürz \
    wärm kält licht dunkel grün haus stadt land wald berg fluss meer himmel stern welt zeit tag \
    nacht woch monat jahr stund minut kind frau mann mensch freund famil lehr schul bücher brief";

/// German endings.
pub const GERMAN_ENDINGS: [&str; 24] = [
    "e", "en", "er", "es", "em", "t", "st", "te", "ten", "ung", "ungen", "heit", "keit", "lich",
    "liche", "lichen", "isch", "ische", "bar", "los", "schaft", "tum", "chen", "nis",
];

/// German beginnings; nouns stand before others without a space.
pub const GERMAN_BEGINNINGS: [&str; 16] = [
    "ver", "be", "ge", "ent", "er", "zer", "un", "auf", "aus", "an", "um", "arbeits", "sprach",
    "daten", "über", "rück",
];

/// The most frequent words of Arabic.
pub const ARABIC: &str = "في من على أن إلى التي عن لا ما هذا هذه الذي كان مع ذلك بين كل أو كما قال \
    لم هو هي قد بعد غير كانت إن هناك عند أي منذ يكون أكثر حتى ثم قبل خلال اليوم حيث إذا لكن نحن \
    أنا أنت كيف لماذا متى أين هل يمكن يجب عام سنة العربية العالم الدولة بعض جدا أيضا دون تحت فوق \
    نحو حول ضد لدى عندما بسبب مثل عدد شكل طريق جديد كبير صغير أول ثاني آخر نفس أحد كلمة سؤال";

/// Arabic consonants, of which roots are made.
pub const ARABIC_LETTERS: [&str; 24] = [
    "ب", "ت", "ج", "ح", "خ", "د", "ر", "ز", "س", "ش", "ص", "ض", "ط", "ع", "غ", "ف", "ق", "ك", "ل",
    "م", "ن", "ه", "ث", "ء",
];

/// Arabic patterns: what stands around the three letters of a root.
pub const ARABIC_PATTERNS: [[&str; 4]; 14] = [
    ["", "", "", ""],
    ["", "ا", "", ""],
    ["م", "", "و", ""],
    ["", "", "ا", ""],
    ["م", "", "", "ة"],
    ["ت", "", "ي", ""],
    ["است", "", "ا", ""],
    ["", "", "", "ة"],
    ["أ", "", "ا", ""],
    ["ان", "", "ا", ""],
    ["ي", "", "", ""],
    ["ت", "", "", "ون"],
    ["", "َ", "َ", "َ"],
    ["م", "ُ", "ِّ", "ين"],
];

/// What stands before an Arabic word without a space.
pub const ARABIC_BEGINNINGS: [&str; 6] = ["", "ال", "ال", "و", "ب", "وال"];

/// Consonants that begin a syllable of a made-up stem.
pub const ONSETS: [&str; 24] = [
    "b", "br", "c", "ch", "cl", "d", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pr",
    "r", "s", "st", "t", "tr", "v",
];

/// Vowels of a syllable of a made-up stem.
pub const VOWELS: [&str; 7] = ["a", "e", "i", "o", "u", "ea", "ou"];
