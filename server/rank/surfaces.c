/* The built-in surfaces, as the JSON that the store and the API use too. */
#include "server/rank/surface.h"

/* Parts of the movies' frames. The films named in demonstrations are invented. */
#define MOVIE_FOR "\\nThis movie is a good match for a viewer who wants:"
#define MOVIE_TAIL "\"tail\":\"." MOVIE_FOR "\",\"clause\":\" {clause}\""

static const struct {
    const char *name, *json;
} builtin[] = {
    {"generic",
     "{\"title\":\"Catalogue\",\"item_word\":\"item\",\"items_word\":\"items\",\"member_word\":\"person\",\"note\":\"\","
     "\"item\":\"{title}{. |text|}{ [|tags|]}\","
     "\"frames\":[{\"root\":\"{Item_word}:\",\"item\":\" {title}{. |text|}{ [|tags|]}\","
     "\"tail\":\".\\nThis {item_word} is a good match for a {member_word} who wants:\",\"clause\":\" {clause}\"}],"
     "\"empty\":[\"anything\",\"something good\",\"a good {item_word}\"],"
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
     "Movie:\",\"item\":\" {title}{ (|year|)}{, a |tags| movie}\"," MOVIE_TAIL "}],"
     "\"empty\":[\"anything\",\"something good to watch\",\"a good movie\"],"
     "\"example_wishes\":[\"slow, quiet films about grief, nothing scary\",\"laser guns and starships\","
     "\"a funny film for the whole family, no cartoons\",\"black and white detectives in the rain\","
     "\"something to cry over, from before 1980\"]}"},
    {"jobs",
     "{\"title\":\"Jobs\",\"item_word\":\"job\",\"items_word\":\"jobs\",\"member_word\":\"job seeker\",\"note\":\"\","
     "\"item\":\"{title}{ in |place|}{, |hours|}{, |salary| a year}{. |text|}{ (|tags|)}\","
     "\"frames\":[{\"root\":\"Job:\",\"item\":\" {title}{ in |place|}{, |hours|}{, |salary| a year}{. |text|}{ (|tags|)}\","
     "\"tail\":\".\\nThis job is a good match for a job seeker who wants:\",\"clause\":\" {clause}\"}],"
     "\"empty\":[\"anything\",\"a good job\",\"something interesting\"],"
     "\"example_wishes\":[\"working with my hands in fresh air, no night shifts\",\"a first job without a degree\","
     "\"quiet work from home\",\"helping older people, part-time\"]}"},
    {"listings",
     "{\"title\":\"Listings\",\"item_word\":\"listing\",\"items_word\":\"listings\",\"member_word\":\"neighbour\",\"note\":\"\","
     "\"item\":\"{title}{ in |place|}{, price |price|}{, |condition|}{. |text|}{ (|tags|)}\","
     "\"frames\":[{\"root\":\"Listing:\",\"item\":\" {title}{ in |place|}{, price |price|}{, |condition|}{. |text|}{ (|tags|)}\","
     "\"tail\":\".\\nThis listing is a good match for a neighbour who wants:\",\"clause\":\" {clause}\"}],"
     "\"empty\":[\"anything\",\"something good\",\"something useful\"],"
     "\"example_wishes\":[\"something old and wooden to do up at the weekend\",\"free things for a toddler\","
     "\"an instrument for a beginner, not too loud\",\"somewhere to live, no shared kitchen\"]}"},
};

const char *surface_builtin(struct view name) {
    for (size_t i = 0; i < COUNT(builtin); i++)
        if (view_eq_str(name, builtin[i].name)) return builtin[i].json;
    return NULL;
}
