/* The built-in surfaces, as the JSON that the store and the API use too. */
#include "server/rank/surface.h"

/* Parts of the movies' frames. */
#define MOVIE_FOR "\\nThis movie is a good match for a viewer who wants:"
#define MOVIE_TAIL "\"tail\":\"." MOVIE_FOR "\",\"clause\":\" {clause}\""

/* clang-format off */
/* Both directions of asking about tags: what is said given the tag, and the tag given what is said,
 * after demonstrations with tags that no catalogue here has (fixtures/fit/frames.py). */
#define FOR(item, member) ".\\nThis " item " is a good match for a " member " who wants:"
#define TAG_FIRST(shown, tagged, item, member) \
    "{\"root\":\"" shown "\",\"first\":\" " tagged FOR(item, member) "\",\"second\":\" {clause}\"}"
#define WISH_FIRST(shown, item, member, word) \
    "{\"root\":\"" shown "The " member " wants:\",\"first\":\" {clause}\\n" word " of the " item ":\"," \
    "\"second\":\" {tag}\"}"
#define MOVIE_TAG(tagged, wish) "Movie: " tagged FOR("movie", "viewer") " " wish "\\n\\n"
#define MOVIE_WISH(wish, tag) "The viewer wants: " wish "\\nGenre of the movie: " tag "\\n\\n"
#define MOVIE_TAGS \
    TAG_FIRST( \
        MOVIE_TAG("a Sports movie", "the last minute of a match that nobody believed in") \
        MOVIE_TAG("a Biography movie", "how one woman's life went, from the cradle to the grave") \
        MOVIE_TAG("a Disaster movie", "floods, fires, and people running for the hills") "Movie:", \
        "a {tag} movie", "movie", "viewer") "," \
    WISH_FIRST( \
        MOVIE_WISH("the last minute of a match that nobody believed in", "Sports") \
        MOVIE_WISH("how one woman's life went, from the cradle to the grave", "Biography") \
        MOVIE_WISH("floods, fires, and people running for the hills", "Disaster") \
        MOVIE_WISH("high kicks, bare hands and an old master", "Martial Arts") \
        MOVIE_WISH("capes", "Superhero") \
        MOVIE_WISH("a lawyer who pleads for an innocent man, and a jury that cannot agree", "Courtroom"), \
        "movie", "viewer", "Genre")
#define JOB_TAG(tagged, wish) "Job: " tagged FOR("job", "job seeker") " " wish "\\n\\n"
#define JOB_WISH(wish, tag) "The job seeker wants: " wish "\\nTag of the job: " tag "\\n\\n"
#define JOB_TAGS \
    TAG_FIRST( \
        JOB_TAG("a fashion job", "to dress people and follow what is worn") \
        JOB_TAG("a short-notice job", "to begin tomorrow") \
        JOB_TAG("a mining job", "to dig deep below the ground") "Job:", \
        "a {tag} job", "job", "job seeker") "," \
    WISH_FIRST( \
        JOB_WISH("to dress people and follow what is worn", "fashion") \
        JOB_WISH("to begin tomorrow", "short-notice") \
        JOB_WISH("to dig deep below the ground", "mining") \
        JOB_WISH("up in the clouds", "aviation") \
        JOB_WISH("nobody telling me when to come and when to go", "flexible-hours") \
        JOB_WISH("I have always been good with hair, and people leave my kitchen looking better than they came", "beauty"), \
        "job", "job seeker", "Tag")
#define LISTING_TAG(tagged, wish) "Listing: " tagged FOR("listing", "neighbour") " " wish "\\n\\n"
#define LISTING_WISH(wish, tag) "The neighbour wants: " wish "\\nTag of the listing: " tag "\\n\\n"
#define LISTING_TAGS \
    TAG_FIRST( \
        LISTING_TAG("tagged jewellery", "a ring for my sister") \
        LISTING_TAG("tagged heavy", "what two men can hardly lift") \
        LISTING_TAG("tagged medicine", "help for a bad back") "Listing:", \
        "tagged {tag}", "listing", "neighbour") "," \
    WISH_FIRST( \
        LISTING_WISH("a ring for my sister", "jewellery") \
        LISTING_WISH("what two men can hardly lift", "heavy") \
        LISTING_WISH("help for a bad back", "medicine"), \
        "listing", "neighbour", "Tag")
#define ITEM_TAG(tagged, wish) "{Item_word}: " tagged FOR("{item_word}", "{member_word}") " " wish "\\n\\n"
#define ITEM_WISH(wish, tag) "The {member_word} wants: " wish "\\nTag of the {item_word}: " tag "\\n\\n"
#define ITEM_TAGS \
    TAG_FIRST( \
        ITEM_TAG("tagged jewellery", "a ring for my sister") \
        ITEM_TAG("tagged short-notice", "to begin tomorrow") \
        ITEM_TAG("tagged disaster", "floods, fires, and people running for the hills") "{Item_word}:", \
        "tagged {tag}", "{item_word}", "{member_word}") "," \
    WISH_FIRST( \
        ITEM_WISH("a ring for my sister", "jewellery") \
        ITEM_WISH("to begin tomorrow", "short-notice") \
        ITEM_WISH("floods, fires, and people running for the hills", "disaster"), \
        "{item_word}", "{member_word}", "Tag")
/* clang-format on */

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
     "\"tag_weight\":0.65,\"tag_frames\":[" ITEM_TAGS
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
     "\"tag_weight\":0.8,\"tag_frames\":[" MOVIE_TAGS
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
     "\"tag_weight\":0.65,\"tag_frames\":[" JOB_TAGS
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
     "\"tag_weight\":0.65,\"tag_frames\":[" LISTING_TAGS
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
