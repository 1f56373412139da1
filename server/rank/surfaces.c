/* The built-in surfaces, as the JSON that the store and the API use too. */
#include "server/rank/surface.h"

/* Parts of the movies' frames. */
#define MOVIE_FOR "\\nThis movie is a good match for a viewer who wants:"
#define MOVIE_TAIL "\"tail\":\"." MOVIE_FOR "\",\"clause\":\" {clause}\""

/* Both directions of asking about tags: what is said given the tag, and the tag given what is said,
 * after demonstrations with tags that no catalogue here has. */
#define TAG_FIRST(root, tag, item, member)                                    \
    "{\"root\":\"" root "\",\"first\":\" " tag "{tag} " item ".\\nThis " item \
    " is a good match for a " member " who wants:\",\"second\":\" {clause}\"}"
#define WISH_FIRST(shown, item, member, word)                                                    \
    "{\"root\":\"" shown "The " member " wants:\",\"first\":\" {clause}\\n" word " of the " item \
    ":\",\"second\":\" {tag}\"}"
#define SHOWN(item, member, word, wish, tag) \
    "The " member " wants: " wish "\\n" word " of the " item ": " tag "\\n\\n"

#define MOVIE_SHOWN(wish, tag) SHOWN("movie", "viewer", "Genre", wish, tag)
#define MOVIE_TAGS                                                                               \
    TAG_FIRST("Movie:", "a ", "movie", "viewer")                                                 \
    "," WISH_FIRST(                                                                              \
        MOVIE_SHOWN("the last minute of a match that nobody believed in", "Sports") MOVIE_SHOWN( \
            "how one woman's life went, from the cradle to the grave", "Biography")              \
            MOVIE_SHOWN("floods, fires, and people running for the hills", "Disaster")           \
                MOVIE_SHOWN("high kicks, bare hands and an old master", "Martial Arts")          \
                    MOVIE_SHOWN("capes", "Superhero") MOVIE_SHOWN(                               \
                        "a lawyer who pleads for an innocent man, and a jury that cannot agree", \
                        "Courtroom"),                                                            \
        "movie", "viewer", "Genre")

#define JOB_FOR ".\\nThis job is a good match for a job seeker who wants:"
#define JOB_SHOWN(wish, tag) SHOWN("job", "job seeker", "Tag", wish, tag)
#define JOB_TAGS                                                                                  \
    TAG_FIRST("Job: a fashion job" JOB_FOR " to dress people and follow what is worn\\n\\n"       \
              "Job: a short-notice job" JOB_FOR " to begin tomorrow\\n\\n"                        \
              "Job: a mining job" JOB_FOR " to dig deep below the ground\\n\\nJob:",              \
              "a ", "job", "job seeker")                                                          \
    "," WISH_FIRST(                                                                               \
        JOB_SHOWN("to dress people and follow what is worn",                                      \
                  "fashion") JOB_SHOWN("to begin tomorrow", "short-notice")                       \
            JOB_SHOWN("to dig deep below the ground", "mining") JOB_SHOWN("up in the clouds",     \
                                                                          "aviation")             \
                JOB_SHOWN("nobody telling me when to come and when to go", "flexible-hours")      \
                    JOB_SHOWN(                                                                    \
                        "I have always been good with hair, and people leave my kitchen looking " \
                        "better than they came",                                                  \
                        "beauty"),                                                                \
        "job", "job seeker", "Tag")

#define LISTING_SHOWN(wish, tag) SHOWN("listing", "neighbour", "Tag", wish, tag)
#define LISTING_TAGS                                                                               \
    TAG_FIRST("Listing:", "a ", "listing", "neighbour")                                            \
    "," WISH_FIRST(                                                                                \
        LISTING_SHOWN("a ring for my sister", "jewellery")                                         \
            LISTING_SHOWN("what two men can hardly lift", "heavy")                                 \
                LISTING_SHOWN("help for a bad back", "medicine")                                   \
                    LISTING_SHOWN("two seats in the front row", "tickets")                         \
                        LISTING_SHOWN("something for the altar", "religious")                      \
                            LISTING_SHOWN("my scissors never fit my hand, and neither do my cups", \
                                          "left-handed"),                                          \
        "listing", "neighbour", "Tag")

#define ITEM_SHOWN(wish, tag) SHOWN("{item_word}", "{member_word}", "Tag", wish, tag)
#define ITEM_TAGS                                                                                  \
    TAG_FIRST("{Item_word}:", "a ", "{item_word}", "{member_word}")                                \
    "," WISH_FIRST(ITEM_SHOWN("a ring for my sister", "jewellery") ITEM_SHOWN("to begin tomorrow", \
                                                                              "short-notice")      \
                       ITEM_SHOWN("floods, fires, and people running for the hills", "disaster")   \
                           ITEM_SHOWN("my scissors never fit my hand, and neither do my cups",     \
                                      "left-handed"),                                              \
                   "{item_word}", "{member_word}", "Tag")

static const struct {
    const char *name, *json;
} builtin[] = {
    {"generic",
     "{\"title\":\"Catalogue\","
     "\"facts\":[{\"field\":\"price\",\"kind\":\"amount\"},{\"field\":\"place\",\"kind\":\"name\"}],"
     "\"item_word\":\"item\",\"items_word\":\"items\",\"member_word\":\"person\",\"note\":\"\","
     "\"item\":\"{title}{. |text|}{ [|tags|]}\","
     "\"frames\":[{\"root\":\"{Item_word}:\",\"item\":\" {title}{. |text|}{ [|tags|]}\","
     "\"tail\":\".\\nThis {item_word} is a good match for a {member_word} who wants:\",\"clause\":\" {clause}\"}],"
     "\"tag_weight\":0.6,\"tag_frames\":[" ITEM_TAGS
     "],\"empty\":[\"anything\",\"something good\",\"a good {item_word}\"],"
     "\"liked\":\"something like {title}\",\"disliked\":\"something like {title}\","
     "\"question\":\"Will the {member_word} like this {item_word}? Answer {yes} or {no}.\",\"weights\":{\"item\":0.5},"
     "\"answer_yes\":\"Yes\",\"answer_no\":\"No\","
     "\"example_wishes\":[\"something simple and well made\",\"new things only\"]}"},
    {"movies",
     "{\"title\":\"Movies\","
     "\"facts\":[{\"field\":\"year\",\"kind\":\"year\"}],"
     "\"item_word\":\"movie\",\"items_word\":\"movies\",\"member_word\":\"viewer\","
     "\"note\":\"The model may have read about these films.\","
     "\"item\":\"{title}{ (|year|)}{ [|tags|]}\","
     "\"frames\":[{\"root\":\"Movie:\",\"item\":\" {title}{ (|year|)}{, a |tags| movie}\"," MOVIE_TAIL
     "}],"
     "\"tag_weight\":0.7,\"tag_frames\":[" MOVIE_TAGS
     "],\"empty\":[\"anything\",\"something good to watch\",\"a good movie\"],"
     "\"example_wishes\":[\"slow, quiet films about grief, nothing scary\",\"laser guns and starships\","
     "\"a funny film for the whole family, no cartoons\",\"black and white detectives in the rain\","
     "\"something to cry over, from before 1980\"]}"},
    {"jobs",
     "{\"title\":\"Jobs\","
     "\"facts\":[{\"field\":\"salary\",\"kind\":\"amount\"},{\"field\":\"place\",\"kind\":\"name\"},{\"field\":\"hours\",\"kind\":\"name\"},{\"field\":\"date\",\"kind\":\"date\"}],"
     "\"item_word\":\"job\",\"items_word\":\"jobs\",\"member_word\":\"job seeker\",\"note\":\"\","
     "\"item\":\"{title}{ in |place|}{, |hours|}{, |salary| a year}{. |text|}{ (|tags|)}\","
     "\"frames\":[{\"root\":\"Job:\",\"item\":\" {title}{ in |place|}{, |hours|}{, |salary| a year}{. |text|}{ (|tags|)}\","
     "\"tail\":\".\\nThis job is a good match for a job seeker who wants:\",\"clause\":\" {clause}\"}],"
     "\"tag_weight\":0.6,\"tag_frames\":[" JOB_TAGS
     "],\"empty\":[\"anything\",\"a good job\",\"something interesting\"],"
     "\"example_wishes\":[\"working with my hands in fresh air, no night shifts\",\"a first job without a degree\","
     "\"quiet work from home\",\"helping older people, part-time\"]}"},
    {"listings",
     "{\"title\":\"Listings\","
     "\"facts\":[{\"field\":\"price\",\"kind\":\"amount\"},{\"field\":\"place\",\"kind\":\"name\"},{\"field\":\"date\",\"kind\":\"date\"}],"
     "\"item_word\":\"listing\",\"items_word\":\"listings\",\"member_word\":\"neighbour\",\"note\":\"\","
     "\"item\":\"{title}{ in |place|}{, price |price|}{, |condition|}{. |text|}{ (|tags|)}\","
     "\"frames\":[{\"root\":\"Listing:\",\"item\":\" {title}{ in |place|}{, price |price|}{, |condition|}{. |text|}{ (|tags|)}\","
     "\"tail\":\".\\nThis listing is a good match for a neighbour who wants:\",\"clause\":\" {clause}\"}],"
     "\"tag_weight\":0.6,\"tag_frames\":[" LISTING_TAGS
     "],\"empty\":[\"anything\",\"something good\",\"something useful\"],"
     "\"example_wishes\":[\"something old and wooden to do up at the weekend\",\"free things for a toddler\","
     "\"an instrument for a beginner, not too loud\",\"somewhere to live, no shared kitchen\"]}"},
    {"feed",
     "{\"title\":\"Feed posts\",\"item_word\":\"post\",\"items_word\":\"posts\",\"member_word\":\"reader\",\"note\":\"\","
     "\"item\":\"{title}{ by |author|}{. |text|}{ [|tags|]}\","
     "\"facts\":[{\"field\":\"author\",\"kind\":\"name\"},{\"field\":\"date\",\"kind\":\"date\"}],"
     "\"frames\":[{\"root\":\"Post:\",\"item\":\" {title}{ by |author|}{. |text|}{ [|tags|]}\","
     "\"tail\":\".\\nThis post is a good match for a reader who wants:\",\"clause\":\" {clause}\"}],"
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
