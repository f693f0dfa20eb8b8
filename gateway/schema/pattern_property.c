/* pattern_property.c -- names of Unicode properties, ECMA-262's to PCRE2's. */
#include "schema/pattern_property.h"

struct name_pair {
    const char *name;
    const char *engine; /* what PCRE2 calls it; NULL: it does not know it */
};

/* Values of General_Category (PropertyValueAliases.txt, gc): ECMA-262 takes the long and the short name. */
static const struct name_pair categories[] = {
    { "Cased_Letter", "L&" },
    { "LC", "L&" },
    { "Close_Punctuation", "Pe" },
    { "Pe", "Pe" },
    { "Connector_Punctuation", "Pc" },
    { "Pc", "Pc" },
    { "Control", "Cc" },
    { "Cc", "Cc" },
    { "cntrl", "Cc" },
    { "Currency_Symbol", "Sc" },
    { "Sc", "Sc" },
    { "Dash_Punctuation", "Pd" },
    { "Pd", "Pd" },
    { "Decimal_Number", "Nd" },
    { "Nd", "Nd" },
    { "digit", "Nd" },
    { "Enclosing_Mark", "Me" },
    { "Me", "Me" },
    { "Final_Punctuation", "Pf" },
    { "Pf", "Pf" },
    { "Format", "Cf" },
    { "Cf", "Cf" },
    { "Initial_Punctuation", "Pi" },
    { "Pi", "Pi" },
    { "Letter", "L" },
    { "L", "L" },
    { "Letter_Number", "Nl" },
    { "Nl", "Nl" },
    { "Line_Separator", "Zl" },
    { "Zl", "Zl" },
    { "Lowercase_Letter", "Ll" },
    { "Ll", "Ll" },
    { "Mark", "M" },
    { "M", "M" },
    { "Combining_Mark", "M" },
    { "Math_Symbol", "Sm" },
    { "Sm", "Sm" },
    { "Modifier_Letter", "Lm" },
    { "Lm", "Lm" },
    { "Modifier_Symbol", "Sk" },
    { "Sk", "Sk" },
    { "Nonspacing_Mark", "Mn" },
    { "Mn", "Mn" },
    { "Number", "N" },
    { "N", "N" },
    { "Open_Punctuation", "Ps" },
    { "Ps", "Ps" },
    { "Other", "C" },
    { "C", "C" },
    { "Other_Letter", "Lo" },
    { "Lo", "Lo" },
    { "Other_Number", "No" },
    { "No", "No" },
    { "Other_Punctuation", "Po" },
    { "Po", "Po" },
    { "Other_Symbol", "So" },
    { "So", "So" },
    { "Paragraph_Separator", "Zp" },
    { "Zp", "Zp" },
    { "Private_Use", "Co" },
    { "Co", "Co" },
    { "Punctuation", "P" },
    { "P", "P" },
    { "punct", "P" },
    { "Separator", "Z" },
    { "Z", "Z" },
    { "Space_Separator", "Zs" },
    { "Zs", "Zs" },
    { "Spacing_Mark", "Mc" },
    { "Mc", "Mc" },
    { "Surrogate", "Cs" },
    { "Cs", "Cs" },
    { "Symbol", "S" },
    { "S", "S" },
    { "Titlecase_Letter", "Lt" },
    { "Lt", "Lt" },
    { "Unassigned", "Cn" },
    { "Cn", "Cn" },
    { "Uppercase_Letter", "Lu" },
    { "Lu", "Lu" },
};

/* Binary properties (ECMA-262, table 70) that PCRE2 10.42 knows by the same long and short names. */
static const char *const binary[] = {
    "ASCII",
    "ASCII_Hex_Digit",
    "AHex",
    "Alphabetic",
    "Alpha",
    "Any",
    "Bidi_Control",
    "Bidi_C",
    "Bidi_Mirrored",
    "Bidi_M",
    "Case_Ignorable",
    "CI",
    "Cased",
    "Changes_When_Casefolded",
    "CWCF",
    "Changes_When_Casemapped",
    "CWCM",
    "Changes_When_Lowercased",
    "CWL",
    "Changes_When_Titlecased",
    "CWT",
    "Changes_When_Uppercased",
    "CWU",
    "Dash",
    "Default_Ignorable_Code_Point",
    "DI",
    "Deprecated",
    "Dep",
    "Diacritic",
    "Dia",
    "Emoji",
    "Emoji_Component",
    "EComp",
    "Emoji_Modifier",
    "EMod",
    "Emoji_Modifier_Base",
    "EBase",
    "Emoji_Presentation",
    "EPres",
    "Extended_Pictographic",
    "ExtPict",
    "Extender",
    "Ext",
    "Grapheme_Base",
    "Gr_Base",
    "Grapheme_Extend",
    "Gr_Ext",
    "Hex_Digit",
    "Hex",
    "IDS_Binary_Operator",
    "IDSB",
    "IDS_Trinary_Operator",
    "IDST",
    "ID_Continue",
    "IDC",
    "ID_Start",
    "IDS",
    "Ideographic",
    "Ideo",
    "Join_Control",
    "Join_C",
    "Logical_Order_Exception",
    "LOE",
    "Lowercase",
    "Lower",
    "Math",
    "Noncharacter_Code_Point",
    "NChar",
    "Pattern_Syntax",
    "Pat_Syn",
    "Pattern_White_Space",
    "Pat_WS",
    "Quotation_Mark",
    "QMark",
    "Radical",
    "Regional_Indicator",
    "RI",
    "Sentence_Terminal",
    "STerm",
    "Soft_Dotted",
    "SD",
    "Terminal_Punctuation",
    "Term",
    "Unified_Ideograph",
    "UIdeo",
    "Uppercase",
    "Upper",
    "Variation_Selector",
    "VS",
    "White_Space",
    "space",
    "XID_Continue",
    "XIDC",
    "XID_Start",
    "XIDS",
};

static bool
category_find(struct text name, struct text *engine)
{
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (text_equal(name, text_of(categories[i].name))) {
            *engine = text_of(categories[i].engine);
            return true;
        }
    }
    return false;
}

/* Greek, Old_Italic, Grek: a capital begins each word. PCRE2 is lenient here, ECMA-262 is not. Scripts with a spelling
 * of their own are SignWriting and Phags_Pa, which this lets through. */
static bool
script_spelled_well(struct text name)
{
    bool begins = true;

    if (name.length == 0 || name.length > 40)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool upper = c >= 'A' && c <= 'Z';
        bool lower = c >= 'a' && c <= 'z';

        if (begins ? !upper : !(lower || c == '_' || (upper && text_equal(name, TEXT("SignWriting")))))
            return false;
        begins = c == '_';
    }
    return !begins;
}

static bool
script_find(struct pattern_property *property, struct text script, const char *prefix, struct arena *arena)
{
    if (!script_spelled_well(script))
        return false;
    property->name = arena_print(arena, "%s:%.*s", prefix, TEXT_PRINT(script));
    return property->name.data != NULL && pattern_engine_knows(property->name);
}

bool
pattern_property_find(struct pattern_property *property, struct text written, struct arena *arena)
{
    size_t equals = text_find(written, '=');
    struct text name = text_slice(written, 0, equals);
    struct text value = text_from(written, equals + 1);

    property->negated = false;
    property->name = (struct text){ NULL, 0 };
    if (equals < written.length) {
        if (text_equal(name, TEXT("General_Category")) || text_equal(name, TEXT("gc")))
            return category_find(value, &property->name);
        if (text_equal(name, TEXT("Script")) || text_equal(name, TEXT("sc")))
            return script_find(property, value, "sc", arena);
        if (text_equal(name, TEXT("Script_Extensions")) || text_equal(name, TEXT("scx")))
            return script_find(property, value, "scx", arena);
        return false;
    }
    if (category_find(name, &property->name))
        return true;
    if (text_equal(name, TEXT("Assigned"))) {
        *property = (struct pattern_property){ TEXT("Cn"), true };
        return true;
    }
    if (text_equal(name, TEXT("Changes_When_NFKC_Casefolded")) || text_equal(name, TEXT("CWKCF")))
        return true; /* no such data in PCRE2 */
    for (size_t i = 0; i < sizeof(binary) / sizeof(binary[0]); i++) {
        if (text_equal(name, text_of(binary[i]))) {
            property->name = text_of(binary[i]);
            return true;
        }
    }
    return false;
}
