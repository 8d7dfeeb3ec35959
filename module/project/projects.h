/* The projects that are open in a process: one for each root, which everybody shares. */
#ifndef AID_PROJECT_PROJECTS_H
#define AID_PROJECT_PROJECTS_H

#include "project/project.h"

#define AID_PROJECTS_OPEN 16 /* the one that was asked for longest ago is closed when nobody holds it */

struct aid_projects;

/* NULL without memory. */
struct aid_projects *aid_projects_new (void);
/* Stops all, so that no thread waits for one any more; nothing more is opened. */
void aid_projects_stop (struct aid_projects *all);
/* Closes all; nobody may hold one any more. */
void aid_projects_free (struct aid_projects *all);
/* Gives the project at ROOT, which is opened and watched if it is not yet; to be given back.  AID_E_LIMIT: all that may
   be open are held. */
enum aid_err aid_projects_get (struct aid_projects *all, const char *root, struct aid_project **out, struct aid_error *e);
void aid_projects_put (struct aid_projects *all, struct aid_project *p);

#endif
