/* The built-in surfaces, as the JSON that the store and the API use too. */
#include "server/rank/surface.h"

/* Parts of the movies' frames. The films named in demonstrations are invented. */
#define MOVIE_FOR "\\nThis movie is a good match for a viewer who wants:"
#define MOVIE_TAIL "\"tail\":\"." MOVIE_FOR "\",\"clause\":\" {clause}\""

/* Both directions: what is said given the tag, and the tag given what is said, after demonstrations
 * of tags that no catalogue here has. */
#define TAGS(weight, root, item, member, word, examples)                            \
    "\"tag_weight\":" weight ",\"tag_frames\":["                                    \
    "{\"root\":\"" root "\",\"first\":\" a {tag} " item ".\\nThis " item            \
    " is a good match for a " member " who wants:\",\"second\":\" {clause}\"},"     \
    "{\"root\":\"" examples "The " member " wants:\",\"first\":\" {clause}\\n" word \
    " of the " item ":\",\"second\":\" {tag}\"}],"
#define SHOWN(member, wish, word, item, tag) \
    "The " member " wants: " wish "\\n" word " of the " item ": " tag "\\n\\n"
#define MOVIE_TAGS                                                                               \
    SHOWN("viewer", "the last minute of a match that nobody believed in", "Genre", "movie",      \
          "Sports")                                                                              \
    SHOWN("viewer", "how one woman's life went, from the cradle to the grave", "Genre", "movie", \
          "Biography")                                                                           \
    SHOWN("viewer", "floods, fires, and people running for the hills", "Genre", "movie", "Disaster")
#define JOB_TAGS                                                                            \
    SHOWN("job seeker", "to dress people and follow what is worn", "Tag", "job", "fashion") \
    SHOWN("job seeker", "to begin tomorrow", "Tag", "job", "short-notice")                  \
    SHOWN("job seeker", "to dig deep below the ground", "Tag", "job", "mining")
#define LISTING_TAGS                                                              \
    SHOWN("neighbour", "a ring for my sister", "Tag", "listing", "jewellery")     \
    SHOWN("neighbour", "what two men can hardly lift", "Tag", "listing", "heavy") \
    SHOWN("neighbour", "help for a bad back", "Tag", "listing", "medicine")
#define ITEM_TAGS                                                                     \
    SHOWN("{member_word}", "a ring for my sister", "Tag", "{item_word}", "jewellery") \
    SHOWN("{member_word}", "to begin tomorrow", "Tag", "{item_word}", "short-notice") \
    SHOWN("{member_word}", "floods, fires, and people running for the hills", "Tag",  \
          "{item_word}", "disaster")

static const struct {
    const char *name, *json;
} builtin[] = {
    {"generic",
     "{\"title\":\"Catalogue\",\"item_word\":\"item\",\"items_word\":\"items\",\"member_word\":\"person\",\"note\":\"\","
     "\"item\":\"{title}{. |text|}{ [|tags|]}\","
     "\"frames\":[{\"root\":\"{Item_word}:\",\"item\":\" {title}{. |text|}{ [|tags|]}\","
     "\"tail\":\".\\nThis {item_word} is a good match for a {member_word} who wants:\",\"clause\":\" {clause}\"}]," TAGS(
         "0.7", "{Item_word}:", "{item_word}", "{member_word}", "Tag",
         ITEM_TAGS) "\"empty\":[\"anything\",\"something good\",\"a good {item_word}\"],"
                    "\"liked\":\"something like {title}\",\"disliked\":\"something like {title}\","
                    "\"answer_yes\":\"Yes\",\"answer_no\":\"No\","
                    "\"example_wishes\":[\"something simple and well made\",\"new things only\"]}"},
    {"movies",
     "{\"title\":\"Movies\",\"item_word\":\"movie\",\"items_word\":\"movies\",\"member_word\":\"viewer\","
     "\"note\":\"The model may have read about these films.\","
     "\"item\":\"{title}{ (|year|)}{ [|tags|]}\","
     "\"frames\":[{\"root\":\"Movie:\",\"item\":\" {title}{ (|year|)}{, a |tags| movie}\"," MOVIE_TAIL
     "},"
     "{\"root\":\"Movie: The Hollow House (1984), a Horror, Thriller movie." MOVIE_FOR
     " a night of being frightened out of my wits\\n\\n"
     "Movie: Two Left Shoes (1991), a Comedy, Romance movie." MOVIE_FOR
     " people falling for each other, with plenty of laughs\\n\\n"
     "Movie: The Last Convoy (1963), a Action, Drama, War movie." MOVIE_FOR
     " soldiers far from home\\n\\n"
     "Movie:\",\"item\":\" {title}{ (|year|)}{, a |tags| movie}\"," MOVIE_TAIL "}]," TAGS(
         "0.8", "Movie:", "movie", "viewer", "Genre",
         MOVIE_TAGS) "\"empty\":[\"anything\",\"something good to watch\",\"a good movie\"],"
                     "\"example_wishes\":[\"slow, quiet films about grief, nothing scary\",\"laser guns and starships\","
                     "\"a funny film for the whole family, no cartoons\",\"black and white detectives in the rain\","
                     "\"something to cry over, from before 1980\"]}"},
    {"jobs",
     "{\"title\":\"Jobs\",\"item_word\":\"job\",\"items_word\":\"jobs\",\"member_word\":\"job seeker\",\"note\":\"\","
     "\"item\":\"{title}{ in |place|}{, |hours|}{, |salary| a year}{. |text|}{ (|tags|)}\","
     "\"frames\":[{\"root\":\"Job:\",\"item\":\" {title}{ in |place|}{, |hours|}{, |salary| a year}{. |text|}{ (|tags|)}\","
     "\"tail\":\".\\nThis job is a good match for a job seeker who wants:\",\"clause\":\" {clause}\"}]," TAGS(
         "0.6", "Job:", "job", "job seeker", "Tag",
         JOB_TAGS) "\"empty\":[\"anything\",\"a good job\",\"something interesting\"],"
                   "\"example_wishes\":[\"working with my hands in fresh air, no night shifts\",\"a first job without a degree\","
                   "\"quiet work from home\",\"helping older people, part-time\"]}"},
    {"listings",
     "{\"title\":\"Listings\",\"item_word\":\"listing\",\"items_word\":\"listings\",\"member_word\":\"neighbour\",\"note\":\"\","
     "\"item\":\"{title}{ in |place|}{, price |price|}{, |condition|}{. |text|}{ (|tags|)}\","
     "\"frames\":[{\"root\":\"Listing:\",\"item\":\" {title}{ in |place|}{, price |price|}{, |condition|}{. |text|}{ (|tags|)}\","
     "\"tail\":\".\\nThis listing is a good match for a neighbour who wants:\",\"clause\":\" {clause}\"}]," TAGS(
         "0.6", "Listing:", "listing", "neighbour", "Tag",
         LISTING_TAGS) "\"empty\":[\"anything\",\"something good\",\"something useful\"],"
                       "\"example_wishes\":[\"something old and wooden to do up at the weekend\",\"free things for a toddler\","
                       "\"an instrument for a beginner, not too loud\",\"somewhere to live, no shared kitchen\"]}"},
};

const char *surface_builtin(struct view name) {
    for (size_t i = 0; i < COUNT(builtin); i++)
        if (view_eq_str(name, builtin[i].name)) return builtin[i].json;
    return NULL;
}
