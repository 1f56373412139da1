/* The built-in surfaces, as the JSON that the store and the API use too. */
#include "server/rank/surface.h"

static const struct {
    const char *name, *json;
} builtin[] = {
    {"generic",
     "{\"title\":\"Catalogue\",\"item_word\":\"item\",\"items_word\":\"items\",\"member_word\":\"person\",\"note\":\"\","
     "\"item\":\"{title}{. |text|}{ [|tags|]}\","
     "\"query_item\":\".\\nThis {item_word} is a good match for a {member_word} who wants:\",\"query_clause\":\" {clause}\","
     "\"liked\":\"something like {title}\",\"disliked\":\"something like {title}\","
     "\"answer_yes\":\"Yes\",\"answer_no\":\"No\","
     "\"wishes\":[\"something simple and well made\",\"new things only\"]}"},
    {"movies",
     "{\"title\":\"Movies\",\"item_word\":\"movie\",\"items_word\":\"movies\",\"member_word\":\"viewer\","
     "\"note\":\"The model may have read about these films.\","
     "\"item\":\"{title}{ (|year|)}{ [|tags|]}\","
     "\"wishes\":[\"slow, quiet films about grief, nothing scary\",\"laser guns and starships\","
     "\"a funny film for the whole family, no cartoons\",\"black and white detectives in the rain\","
     "\"something to cry over, from before 1980\"]}"},
    {"jobs",
     "{\"title\":\"Jobs\",\"item_word\":\"job\",\"items_word\":\"jobs\",\"member_word\":\"job seeker\",\"note\":\"\","
     "\"item\":\"{title}{, |place|}{, |hours|}{, |salary| a year}{. |text|}\","
     "\"wishes\":[\"working with my hands in fresh air, no night shifts\",\"a first job without a degree\","
     "\"quiet work from home\",\"helping older people, part-time\"]}"},
    {"listings",
     "{\"title\":\"Listings\",\"item_word\":\"listing\",\"items_word\":\"listings\",\"member_word\":\"neighbour\",\"note\":\"\","
     "\"item\":\"{title}{, |price|}{, |place|}{. |text|}\","
     "\"wishes\":[\"something old and wooden to do up at the weekend\",\"free things for a toddler\","
     "\"an instrument for a beginner, not too loud\",\"somewhere to live, no shared kitchen\"]}"},
};

const char *surface_builtin(struct view name) {
    for (size_t i = 0; i < COUNT(builtin); i++)
        if (view_eq_str(name, builtin[i].name)) return builtin[i].json;
    return NULL;
}
