/* Phrases by which a sentence tells a story or wants something; English only. */
#include "server/wish/clauses/clauses_words.h"

#include <stddef.h>

/* Phrases of a person who says what is wanted. */
const char *const clauses_wants[] = {
    "want|wants|wanting|need|needs|prefer|prefers|wish|fancy|craving|please|preferably|ideally",
    "looking|hoping|longing|searching|ask|asking for",
    "would|id|wed love|like|suit|prefer|enjoy",
    "i|we like|love|enjoy|miss|seek",
    "in the mood for",
    "am|im|were after",
    "give|show|find|bring|help|spare me|us",
    "let it|somebody|someone",
    "has|have|needs to be",
    "must|should|strictly|better|anything",
    "the kind|sort",
    "keep my|me",
    "i thought of",
    "suits me|us",
    "if there is|are any",
    NULL,
};

/* Words of a story about the teller and other people. */
const char *const clauses_personal[] = {
    "i|me|my|mine|myself|we|us|our|ours|he|she|im|ive|id|ill|were|weve",
    "was|were|had|did|said|says|told|been|got",
    NULL,
};

/* Words by which a part of a sentence is about the teller. */
const char *const clauses_tellers[] = {"i|im|ive|ill|my|we|were|weve|our", NULL};
