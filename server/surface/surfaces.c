/* The built-in surfaces, as the JSON that the store and the API use too. */
#include "server/surface/surface.h"

/* clang-format off */
/* Both directions of asking about tags: what is said given the tag, and the tag given what is said,
 * after demonstrations with tags that no catalogue here has (fixtures/fit/frames.py). */
#define FOR(item, member) ".\\nThis " item " is a good match for a " member " who wants:"
/* What follows an item's text. */
#define TAIL(item, member) "\"tail\":\"" FOR(item, member) "\",\"clause\":\" {clause}\""
#define TAG(Item, item, member, tagged, wish) \
    Item ": " tagged FOR(item, member) " " wish "\\n\\n"
#define WISH(item, member, word, wish, tag) \
    "The " member " wants: " wish "\\n" word " of the " item ": " tag "\\n\\n"
#define TAG_FIRST(shown, Item, tagged, item, member) \
    "{\"root\":\"" shown Item ":\",\"first\":\" " tagged FOR(item, member) "\",\"second\":\" {clause}\"}"
#define WISH_FIRST(shown, item, member, word) \
    "{\"root\":\"" shown "The " member " wants:\",\"first\":\" {clause}\\n" word " of the " item ":\"," \
    "\"second\":\" {tag}\"}"
#define MOVIE_TAGS \
    TAG_FIRST( \
        TAG("Movie", "movie", "viewer", "a Sports movie", "the last minute of a match that nobody believed in") \
        TAG("Movie", "movie", "viewer", "a Biography movie", "how one woman's life went, from the cradle to the grave") \
        TAG("Movie", "movie", "viewer", "a Disaster movie", "floods, fires, and people running for the hills"), \
        "Movie", "a {tag} movie", "movie", "viewer") "," \
    WISH_FIRST( \
        WISH("movie", "viewer", "Genre", "the last minute of a match that nobody believed in", "Sports") \
        WISH("movie", "viewer", "Genre", "how one woman's life went, from the cradle to the grave", "Biography") \
        WISH("movie", "viewer", "Genre", "floods, fires, and people running for the hills", "Disaster") \
        WISH("movie", "viewer", "Genre", "high kicks, bare hands and an old master", "Martial Arts") \
        WISH("movie", "viewer", "Genre", "capes", "Superhero") \
        WISH("movie", "viewer", "Genre", "a lawyer who pleads for an innocent man, and a jury that cannot agree", "Courtroom"), \
        "movie", "viewer", "Genre")
#define JOB_TAGS \
    TAG_FIRST( \
        TAG("Job", "job", "job seeker", "a fashion job", "to dress people and follow what is worn") \
        TAG("Job", "job", "job seeker", "a short-notice job", "to begin tomorrow") \
        TAG("Job", "job", "job seeker", "a mining job", "to dig deep below the ground"), \
        "Job", "a {tag} job", "job", "job seeker") "," \
    WISH_FIRST( \
        WISH("job", "job seeker", "Tag", "to dress people and follow what is worn", "fashion") \
        WISH("job", "job seeker", "Tag", "to begin tomorrow", "short-notice") \
        WISH("job", "job seeker", "Tag", "to dig deep below the ground", "mining") \
        WISH("job", "job seeker", "Tag", "up in the clouds", "aviation") \
        WISH("job", "job seeker", "Tag", "nobody telling me when to come and when to go", "flexible-hours") \
        WISH("job", "job seeker", "Tag", "I have always been good with hair, and people leave my kitchen looking better than they came", "beauty"), \
        "job", "job seeker", "Tag")
#define LISTING_TAGS \
    TAG_FIRST( \
        TAG("Listing", "listing", "neighbour", "tagged jewellery", "a ring for my sister") \
        TAG("Listing", "listing", "neighbour", "tagged heavy", "what two men can hardly lift") \
        TAG("Listing", "listing", "neighbour", "tagged medicine", "help for a bad back"), \
        "Listing", "tagged {tag}", "listing", "neighbour") "," \
    WISH_FIRST( \
        WISH("listing", "neighbour", "Tag", "a ring for my sister", "jewellery") \
        WISH("listing", "neighbour", "Tag", "what two men can hardly lift", "heavy") \
        WISH("listing", "neighbour", "Tag", "help for a bad back", "medicine"), \
        "listing", "neighbour", "Tag")
#define ITEM_TAGS \
    TAG_FIRST( \
        TAG("{Item_word}", "{item_word}", "{member_word}", "tagged jewellery", "a ring for my sister") \
        TAG("{Item_word}", "{item_word}", "{member_word}", "tagged short-notice", "to begin tomorrow") \
        TAG("{Item_word}", "{item_word}", "{member_word}", "tagged disaster", "floods, fires, and people running for the hills"), \
        "{Item_word}", "tagged {tag}", "{item_word}", "{member_word}") "," \
    WISH_FIRST( \
        WISH("{item_word}", "{member_word}", "Tag", "a ring for my sister", "jewellery") \
        WISH("{item_word}", "{member_word}", "Tag", "to begin tomorrow", "short-notice") \
        WISH("{item_word}", "{member_word}", "Tag", "floods, fires, and people running for the hills", "disaster"), \
        "{item_word}", "{member_word}", "Tag")
/* clang-format on */

static const struct {
    const char *name, *json;
} builtin[] = {
    {"generic",
     "{\"title\":\"Catalogue\","
     "\"item_word\":\"item\",\"items_word\":\"items\",\"member_word\":\"person\",\"note\":\"\","
     "\"item\":\"{title}{. |text|}{. |fields|}{ [|tags|]}\","
     "\"frames\":[{\"root\":\"{Item_word}:\",\"item\":\" {title}{. |text|}{. |fields|}{ [|tags|]}\"," TAIL(
         "{item_word}",
         "{member_word}") "}],"
                          "\"tag_weight\":0.65,\"tag_frames\":[" ITEM_TAGS
                          "],\"empty\":[\"anything\",\"something good\",\"a good {item_word}\"],"
                          "\"list\":\"Favourite {items_word} of one {member_word}:\","
                          "\"liked\":\"something like {title}\",\"disliked\":\"something like {title}\","
                          "\"question\":\"Will the {member_word} like this {item_word}? Answer {yes} or {no}.\",\"weights\":{\"item\":0.5},"
                          "\"answer_yes\":\"Yes\",\"answer_no\":\"No\","
                          "\"example_wishes\":[\"something simple and well made\",\"new things only\"]}"},
    {"movies",
     "{\"title\":\"Movies\","
     "\"item_word\":\"movie\",\"items_word\":\"movies\",\"member_word\":\"viewer\","
     "\"note\":\"The model may have read about these films.\","
     "\"item\":\"{title}{ (|year|)}{ [|tags|]}\","
     "\"list_least\":6,\"parts\":[{\"text\":\"{(|year|)}\"},"
     "{\"text\":\"{ [|tags|]}\",\"weight\":0.2},"
     "{\"text\":\" {title}\",\"weight\":0.05}],"
     "\"frames\":[{\"root\":\"Movie:\",\"item\":\" {title}{ (|year|)}{, a |tags| movie}\"," TAIL(
         "movie",
         "viewer") "}],"
                   "\"tag_weight\":0.8,\"tag_frames\":[" MOVIE_TAGS
                   "],\"empty\":[\"anything\",\"something good to watch\",\"a good movie\"],"
                   "\"example_wishes\":[\"slow, quiet films about grief, nothing scary\",\"laser guns and starships\","
                   "\"a funny film for the whole family, no cartoons\",\"black and white detectives in the rain\","
                   "\"something to cry over, from before 1980\"]}"},
    {"jobs",
     "{\"title\":\"Jobs\","
     "\"item_word\":\"job\",\"items_word\":\"jobs\",\"member_word\":\"job seeker\",\"note\":\"\","
     "\"item\":\"{title}{ in |place|}{, |hours|}{, |salary| a year}{. |text|}{ (|tags|)}\","
     "\"list_least\":6,\"parts\":[{\"text\":\"{(|tags|)}\"},"
     "{\"text\":\" {title}{ in |place|}{, |hours|}\",\"weight\":0.2}],"
     "\"frames\":[{\"root\":\"Job:\",\"item\":\" {title}{ in |place|}{, |hours|}{, |salary| a year}{. |text|}{ (|tags|)}\"," TAIL(
         "job",
         "job seeker") "}],"
                       "\"tag_weight\":0.65,\"tag_frames\":[" JOB_TAGS
                       "],\"empty\":[\"anything\",\"a good job\",\"something interesting\"],"
                       "\"example_wishes\":[\"working with my hands in fresh air, no night shifts\",\"a first job without a degree\","
                       "\"quiet work from home\",\"helping older people, part-time\"]}"},
    {"listings",
     "{\"title\":\"Listings\","
     "\"item_word\":\"listing\",\"items_word\":\"listings\",\"member_word\":\"neighbour\",\"note\":\"\","
     "\"item\":\"{title}{ in |place|}{, price |price|}{, |condition|}{. |text|}{ (|tags|)}\","
     "\"list_least\":6,\"parts\":[{\"text\":\"{(|tags|)}\"},"
     "{\"text\":\" {title}{ in |place|}\",\"weight\":0.2}],"
     "\"frames\":[{\"root\":\"Listing:\",\"item\":\" {title}{ in |place|}{, price |price|}{, |condition|}{. |text|}{ (|tags|)}\"," TAIL(
         "listing",
         "neighbour") "}],"
                      "\"tag_weight\":0.65,\"tag_frames\":[" LISTING_TAGS
                      "],\"empty\":[\"anything\",\"something good\",\"something useful\"],"
                      "\"example_wishes\":[\"something old and wooden to do up at the weekend\",\"free things for a toddler\","
                      "\"an instrument for a beginner, not too loud\",\"somewhere to live, no shared kitchen\"]}"},
    {"feed",
     "{\"title\":\"Feed posts\",\"item_word\":\"post\",\"items_word\":\"posts\",\"member_word\":\"reader\",\"note\":\"\","
     "\"item\":\"{title}{ by |author|}{. |text|}{ [|tags|]}\","
     "\"frames\":[{\"root\":\"Post:\",\"item\":\" {title}{ by |author|}{. |text|}{ [|tags|]}\"," TAIL(
         "post",
         "reader") "}],"
                   "\"empty\":[\"anything\",\"something good\",\"something worth reading\"],"
                   "\"example_wishes\":[\"practical advice from people who did it, no news\",\"something to make me laugh\","
                   "\"local events at the weekend\",\"long reads about science\"]}"},
};

const char *surface_builtin(struct view name) {
    for (size_t i = 0; i < COUNT(builtin); i++)
        if (view_eq_str(name, builtin[i].name)) return builtin[i].json;
    return NULL;
}

const char *surface_builtin_name(int i) {
    return i >= 0 && (size_t)i < COUNT(builtin) ? builtin[i].name : NULL;
}
