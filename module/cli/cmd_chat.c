/* aid chat: reads a chat file and shows what it means, as JSON or as an outline for people.  Nothing is run or fetched. */
#include "chat/chat.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include <stdio.h>

#define CHAT_MAX (256u << 20)
#define OUTLINE_MAX (256u << 20)

static const char *const turn_kinds[] = { "user", "answer", "alternative", "summary" };

static void
add_turn (const struct aid_chat *c, const struct aid_turn *t, struct aid_str *out)
{
  struct aid_span state = aid_chat_meta (c, t->first_meta, t->nmeta, "state");

  aid_str_addf (out, "%lld", (long long) t->number);
  if (t->sub)
    aid_str_addf (out, ".%lld", (long long) t->sub);
  aid_str_addf (out, " %s: ", turn_kinds[t->kind]);
  aid_str_addspan (out, t->heading);
  aid_str_addf (out, " (%zu bytes", t->end - t->body);
  if (state.len)
    aid_str_addz (out, ", ");
  aid_str_addspan (out, state);
  aid_str_addz (out, ")\n");
}

static void
add_item (const struct aid_chat_item *item, struct aid_str *out)
{
  aid_str_addz (out, "    item ");
  aid_str_addspan (out, item->target);
  if (item->sent.len)
    aid_str_addz (out, ", sent as ");
  aid_str_addspan (out, item->sent);
  aid_str_addc (out, '\n');
}

static void
add_decisions (const struct aid_chat *c, const struct aid_piece *p, struct aid_str *out)
{
  aid_str_addz (out, "    hunks");
  for (size_t i = p->index; i < p->index + p->n; i++)
    {
      const struct aid_chat_decision *d = &AID_VEC_AT (struct aid_chat_decision, &c->decisions, i);
      aid_str_addc (out, ' ');
      aid_str_addspan (out, d->id);
      aid_str_addc (out, '=');
      aid_str_addspan (out, d->state);
    }
  aid_str_addc (out, '\n');
}

static void
add_piece (const struct aid_chat *c, const struct aid_piece *p, struct aid_str *out)
{
  switch (p->kind)
    {
    case AID_PIECE_ITEM:
      add_item (&AID_VEC_AT (struct aid_chat_item, &c->items, p->index), out);
      break;
    case AID_PIECE_HUNKS:
      add_decisions (c, p, out);
      break;
    case AID_PIECE_REASONING:
      aid_str_addf (out, "    reasoning (%zu bytes)\n", p->end - p->beg);
      break;
    case AID_PIECE_TOOL:
      aid_str_addf (out, "    tool call (%zu bytes)\n", p->end - p->beg);
      break;
    case AID_PIECE_UNKNOWN:
      aid_str_addf (out, "    unknown marker at byte %zu\n", p->beg);
      break;
    case AID_PIECE_TEXT:
    case AID_PIECE_EDITED:
    case AID_PIECE_DIFF:
    case AID_PIECE_META:
    case AID_PIECE_END:
      break;
    }
}

static int
print_outline (const struct aid_chat *c)
{
  struct aid_str raw = AID_STR_INIT (OUTLINE_MAX);
  int status;

  if (c->title.len)
    aid_str_addspan (&raw, c->title);
  aid_str_addz (&raw, c->title.len ? "\n" : "");
  for (size_t i = 0; i < c->turns.len; i++)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, i);
      add_turn (c, t, &raw);
      for (size_t k = t->first_piece; k < t->first_piece + t->npieces; k++)
        add_piece (c, &AID_VEC_AT (struct aid_piece, &c->pieces, k), &raw);
    }
  for (size_t i = 0; i < c->problems.len; i++)
    {
      const struct aid_chat_problem *p = &AID_VEC_AT (struct aid_chat_problem, &c->problems, i);
      aid_str_addf (&raw, "problem at byte %zu: %s\n", p->pos, p->msg);
    }
  status = aid_cli_print_calm (&raw);
  aid_str_free (&raw);
  return status;
}

static int
print_chat (const struct aid_chat *c, int json, int chars)
{
  struct aid_str val = AID_STR_INIT (1u << 30);
  int status;

  if (!json)
    return print_outline (c);
  aid_chat_to_val (c, chars, &val);
  status = val.err ? aid_cli_fail ("the chat does not fit in memory") : aid_cli_print_val (aid_str_span (&val));
  aid_str_free (&val);
  return status;
}

static int
parse (int argc, char **argv)
{
  int json = 0, chars = 0, status;
  const struct aid_opt opts[] = {
    { "json", 0, AID_OPT_FLAG, &json, NULL, "one JSON document, described in docs/chat-format.md" },
    { "chars", 0, AID_OPT_FLAG, &chars, NULL, "positions in characters instead of bytes" },
  };
  const struct aid_usage_text usage = { "aid chat parse [--json] FILE|-",
                                        "Shows the turns, context items, code blocks and decisions of a chat file.\n", opts,
                                        sizeof opts / sizeof *opts, 1, 1 };
  struct aid_str text = AID_STR_INIT (CHAT_MAX);
  struct aid_chat *chat = NULL;
  struct aid_error e;

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  if (aid_cli_read (argv[1], &text, &e) != AID_OK || aid_chat_parse (aid_str_span (&text), &chat, &e) != AID_OK)
    status = aid_cli_fail ("%s", e.msg);
  else if (!chat->key[0])
    status = aid_cli_fail ("%s is no chat: its first line is not <!--aid:KEY chat v=1-->", argv[1]);
  else
    status = print_chat (chat, json, chars);
  aid_chat_free (chat);
  aid_str_free (&text);
  return status;
}

int
aid_cmd_chat (int argc, char **argv)
{
  static const struct aid_usage_text usage = { "aid chat parse [--json] FILE|-",
                                               "Reads a chat file.  aid chat parse --help tells more.\n", NULL, 0, 1, -1 };
  int status;

  if (argc > 1 && !strcmp (argv[1], "parse"))
    return parse (argc - 1, argv + 1);
  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  return aid_cli_misuse ("chat: there is no \"%s\", only parse", argv[1]);
}
