#ifndef ZOE_EDGE_NATIVES_H
#define ZOE_EDGE_NATIVES_H

/* The functions that the dialects' NATIVE rows name. Each answers a request or makes it wait for an answer. */

struct request;

void status_live(struct request *request);
void status_ready(struct request *request);
void status_metrics(struct request *request);

void status_health(struct request *request);  /* the route's shape when every service is there, else "unhealthy" */
void status_healthz(struct request *request); /* that the process lives */

void reply_constant(struct request *request); /* the route's shape, which names no value */

void console_home(struct request *request);
void console_file(struct request *request);

void openapi_show(struct request *request); /* the description of an API */
void docs_show(struct request *request);    /* the same to read */

void play_open(struct request *request);   /* POST playback */
void play_file(struct request *request);   /* by token in the path */
void play_rung(struct request *request);   /* by title and height, for a login */
void play_poster(struct request *request); /* by title */

void video_stream(struct request *request); /* by title, login and token of @watch$ */
void stream_open(struct request *request);  /* an address of @stream$: leads to the film */

void home_show(struct request *request);          /* the login's own rows of the front page, then everybody's */
void title_seasons(struct request *request);      /* title_whole of a title and its seasons */
void title_people(struct request *request);       /* title_whole of a title, its people and what is like it */
void titles_recommended(struct request *request); /* similar_page of what may please the login */
void profile_show(struct request *request);       /* profile_whole of the login */
void login_marked(struct request *request);       /* logs in; session_whole */
void film_url(struct request *request);           /* the address of a film as one file, ?quality names its height */

void webhook_take(struct request *request);

void events_open(struct request *request);
void notices_open(struct request *request);

void picture_put_early(struct request *request);
void picture_put(struct request *request); /* the body is the picture */
void profile_early(struct request *request);
void profile_change(struct request *request); /* JSON of the shape profile_form, the picture in base64 */
void picture_file(struct request *request);   /* by name in the path */

void title_picture_put(struct request *request); /* the body is the picture */

void subtitles_put_early(struct request *request);
void subtitles_put(struct request *request); /* the body is the file */

void export_open(struct request *request); /* all that the services keep of the caller */

void tus_options(struct request *request);
void tus_create_early(struct request *request);
void tus_create(struct request *request);
void tus_show(struct request *request);
void tus_patch_early(struct request *request);
void tus_patch(struct request *request);
void tus_delete(struct request *request);

#endif
