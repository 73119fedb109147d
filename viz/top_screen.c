/* The live view of `lockdep-lite top`, with ncurses: a head, the threads, and below either what the
 * chosen thread holds or what was waited for. */
#include <curses.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clean.h"
#include "self.h"
#include "top.h"

#define POLL_MS     50
#define POLL_NS     50000000ull
#define HEAD_LINES  4
#define PANE_LEAST  4 /* lines of the lower part, when there is room for both */
#define NAME_WIDTH  22
#define CLASS_WIDTH 28

struct screen {
	struct viz_top *top;
	ldl_thread_id chosen; /* slot; 0: the first row */
	size_t first;         /* row at the top of the list */
	size_t at;            /* of the chosen one */
	int steps;            /* by which keys have moved it since it was drawn */
	bool shows_stack, hides_contention, is_over;
	int lines, columns;
};

/* Prints at a place, cut to the screen's width; the rest of the line is blank. */
static void put(struct screen *screen, int line, int attributes, const char *format, ...)
	LDL_PRINTF(4, 5);

static void put(struct screen *screen, int line, int attributes, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	if (line < 0 || line >= screen->lines)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	attrset(attributes);
	mvaddnstr(line, 0, text, (int)strlen(text));
	clrtoeol();
	attrset(A_NORMAL);
}

static void draw_head(struct screen *screen)
{
	struct viz_top *top = screen->top;
	const struct ldl_header *header = &top->header;
	uint64_t losses = viz_counter_losses(header);
	char title[1200];

	put(screen, 0, A_BOLD, "%s, pid %u: %s, watching: %s, mode %s",
		viz_path_base(viz_run_program(top->run)), header->pid,
		top->is_live ? "running" : "ended", viz_top_watching(top), viz_run_mode(top->run));
	put(screen, 1, A_NORMAL, "threads: %zu  errors: %zu  warnings: %zu  not seen: %" PRIu64,
		top->row_count, viz_run_finding_count(top->run, LDL_SEVERITY_ERROR),
		viz_run_finding_count(top->run, LDL_SEVERITY_WARNING), losses);
	put(screen, 2, A_NORMAL,
		"cost: %" PRIu64 " checked at length, %.0f a second  %.1f of %.0f MiB",
		header->counters[LDL_COUNT_SLOW_PATHS], top->slow_rate,
		(double)top->bytes / (1 << 20), (double)header->size / (1 << 20));
	if (*viz_self_breaker(header, title, sizeof(title)))
		put(screen, 2, A_BOLD, "the engine %s", title);
	else if (header->governor.level)
		put(screen, 2, A_NORMAL, "%s", viz_self_cost(header, title, sizeof(title)));
	if (top->deadlock_count && top->deadlock_findings[top->deadlock_count - 1])
		put(screen, 3, A_BOLD | A_REVERSE, "%s",
			viz_finding_title(top->run, top->deadlock_findings[top->deadlock_count - 1],
				title, sizeof(title)));
	else
		put(screen, 3, A_NORMAL, "%s", "");
}

static const char *state_of(const struct viz_top_row *row)
{
	if (row->state == 'Z')
		return "ended";
	if (row->is_asleep)
		return "cond";
	if (row->wait_ns)
		return "waits";
	return row->state == 'R' ? "runs" : "";
}

/* Text in a column of its own; what is too long is cut. */
static void column(char *line, size_t size, const char *text, int width)
{
	size_t len = strlen(line);

	if (len < size)
		snprintf(line + len, size - len, "%-*.*s ", width, width, text);
}

static void draw_row(struct screen *screen, int line, size_t at)
{
	struct viz_top *top = screen->top;
	const struct viz_top_row *row = &top->rows[at];
	const struct ldl_held *wish = viz_look_wish(row->thread);
	char text[1024] = "", name[96], time[32] = "", holders[256] = "";

	viz_clean_copy(name, sizeof(name) - 12, row->name);
	snprintf(name + strlen(name), 12, " #%u", row->thread->record.serial);
	if (row->wait_ns && !row->is_asleep) {
		if (top->is_live)
			viz_top_time(row->wait_ns, time, sizeof(time));
		viz_top_holders(top, row, holders, sizeof(holders));
	}
	snprintf(text, sizeof(text), "%8u ", row->thread->record.tid);
	column(text, sizeof(text), name, NAME_WIDTH);
	column(text, sizeof(text), state_of(row), 6);
	column(text, sizeof(text), time, 8);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%4u ",
		viz_look_depth(row->thread));
	column(text, sizeof(text), wish ? viz_top_class_name(top, wish) : "", CLASS_WIDTH);
	column(text, sizeof(text), holders, 40);
	put(screen, line,
		(at == screen->at ? A_REVERSE : A_NORMAL) | (row->wait_ns && time[0] ? A_BOLD : 0),
		"%s", text);
}

/* Where the chosen thread is now: rows move. */
static void find_chosen(struct screen *screen)
{
	const struct viz_top *top = screen->top;

	screen->at = 0;
	for (size_t i = 0; i < top->row_count; i++) {
		if (top->rows[i].thread->slot == screen->chosen)
			screen->at = i;
	}
	if (top->row_count == 0)
		return;
	if (screen->steps < 0)
		screen->at -=
			screen->at < (size_t)-screen->steps ? screen->at : (size_t)-screen->steps;
	else
		screen->at += (size_t)screen->steps;
	if (screen->at >= top->row_count)
		screen->at = top->row_count - 1;
	screen->steps = 0;
	screen->chosen = top->rows[screen->at].thread->slot;
}

static void draw_list(struct screen *screen, int first, int past)
{
	size_t room = past > first + 1 ? (size_t)(past - first - 1) : 0;
	struct viz_top *top = screen->top;

	put(screen, first, A_UNDERLINE, "%8s %-*s %-6s %-8s %4s %-*s %s", "TID", NAME_WIDTH,
		"THREAD", "STATE", "FOR", "HELD", CLASS_WIDTH, "WANTS", "HELD BY");
	if (screen->at < screen->first)
		screen->first = screen->at;
	if (room && screen->at >= screen->first + room)
		screen->first = screen->at - room + 1;
	for (size_t i = 0; i < room; i++) {
		if (screen->first + i < top->row_count)
			draw_row(screen, first + 1 + (int)i, screen->first + i);
		else
			put(screen, first + 1 + (int)i, A_NORMAL, "%s", "");
	}
}

static void draw_stack(struct screen *screen, int first, int past)
{
	struct viz_top *top = screen->top;
	const struct viz_top_row *row = &top->rows[screen->at];
	uint32_t depth = viz_look_depth(row->thread);
	char place[512], time[32];
	int line = first;

	put(screen, line++, A_UNDERLINE, "HELD AND WANTED by tid %u, the last one first",
		row->thread->record.tid);
	for (uint32_t i = row->thread->count; i-- > 0 && line < past; line++) {
		const struct ldl_held *entry = &row->thread->held[i];

		uint64_t since_ns =
			i < depth ? viz_observer_held_ns(top->observer, top, row->thread->slot, i)
				  : row->wait_ns;

		put(screen, line, A_NORMAL, "  %s %s, %s, at 0x%" PRIx64 "  %s %s%s%s",
			i < depth ? "holds" : "wants", viz_top_class_name(top, entry),
			viz_mode_name(ldl_held_mode(entry)), (uint64_t)ldl_held_addr(entry),
			i < depth ? "from" : "in", viz_top_place(top, entry, place, sizeof(place)),
			since_ns ? ", for " : "",
			since_ns ? viz_top_time(since_ns, time, sizeof(time)) : "");
	}
	for (; line < past; line++)
		put(screen, line, A_NORMAL, "%s", "");
}

static void draw_contention(struct screen *screen, int first, int past)
{
	const struct viz_top *top = screen->top;
	char total[32], longest[32];

	put(screen, first, A_UNDERLINE, "%7s %9s %9s  CONTENTION", "WAITS", "TOTAL", "LONGEST");
	for (int line = first + 1; line < past; line++) {
		size_t at = (size_t)(line - first - 1);

		if (at >= top->class_count) {
			put(screen, line, A_NORMAL, "%s", "");
			continue;
		}
		put(screen, line, A_NORMAL, "%7" PRIu64 " %9s %9s  %s",
			top->classes[at].contention.count,
			viz_top_time(top->classes[at].contention.total_ns, total, sizeof(total)),
			viz_top_time(
				top->classes[at].contention.longest_ns, longest, sizeof(longest)),
			viz_class_name(top->run, top->classes[at].class));
	}
}

static void draw(struct screen *screen)
{
	static const char *const sorts[] = {"waits", "locks held", "number"};
	int bottom, split;
	bool has_pane;

	getmaxyx(stdscr, screen->lines, screen->columns);
	bottom = screen->lines - 1;
	has_pane = screen->shows_stack || !screen->hides_contention;
	split = has_pane && bottom > HEAD_LINES + 2 * PANE_LEAST
			? bottom - (bottom - HEAD_LINES) * 2 / 5
			: bottom;
	find_chosen(screen);
	draw_head(screen);
	draw_list(screen, HEAD_LINES, split);
	if (split < bottom && screen->shows_stack && screen->top->row_count)
		draw_stack(screen, split, bottom);
	else if (split < bottom)
		draw_contention(screen, split, bottom);
	put(screen, bottom, A_DIM,
		"q quit  up/down thread  Enter its locks  s sort (%s)  c contention",
		sorts[screen->top->sort]);
	refresh();
}

/* True when the picture changes by it. */
static bool take_key(struct screen *screen, int key)
{
	switch (key) {
	case 'q':
		screen->is_over = true;
		return false;
	case 's':
		screen->top->sort = (screen->top->sort + 1) % VIZ_TOP_SORT_COUNT;
		return true;
	case 'c':
		screen->hides_contention = !screen->hides_contention && !screen->shows_stack;
		screen->shows_stack = false;
		return true;
	case '\n':
	case KEY_ENTER:
		screen->shows_stack = !screen->shows_stack;
		return true;
	case KEY_UP:
	case 'k':
		screen->steps -= 1;
		return true;
	case KEY_DOWN:
	case 'j':
		screen->steps += 1;
		return true;
	case KEY_PPAGE:
		screen->steps -= 10;
		return true;
	case KEY_NPAGE:
		screen->steps += 10;
		return true;
	case KEY_RESIZE:
		erase();
		return true;
	default:
		return false;
	}
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Waits for a key, for as long as was set; ERR: there was none. A terminal that is gone gives none
 * at once. */
static int next_key(void)
{
	uint64_t began_ns = clock_ns();
	int key = getch();

	if (key == ERR && clock_ns() - began_ns < POLL_NS / 10)
		nanosleep(&(struct timespec){0, POLL_NS}, NULL);
	return key;
}

/* Polls at each turn, however the keys come: what is the same in two polls has to last. */
static void run(struct screen *screen, uint64_t interval_ns)
{
	uint64_t polled_ns = 0, drawn_ns = 0;

	while (!screen->is_over) {
		int key = next_key();
		bool has_changed = key != ERR && take_key(screen, key);
		size_t known = screen->top->deadlock_count;
		uint64_t now_ns = clock_ns();

		if (now_ns - polled_ns >= POLL_NS) {
			viz_top_poll(screen->top);
			polled_ns = now_ns;
		}
		has_changed |= screen->top->deadlock_count != known;
		if (!has_changed && now_ns - drawn_ns < interval_ns)
			continue;
		viz_top_refresh(screen->top);
		draw(screen);
		drawn_ns = now_ns;
	}
}

bool viz_top_screen(struct viz_top *top, uint64_t interval_ns)
{
	struct screen screen = {.top = top};
	const char *name = getenv("TERM");
	SCREEN *terminal = newterm(NULL, stdout, stdin);

	if (!terminal) {
		fprintf(stderr, "lockdep-lite: unknown terminal: %s: set TERM, or use --once\n",
			name ? name : "TERM is not set");
		return false;
	}
	set_term(terminal);
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	timeout(POLL_MS);
	run(&screen, interval_ns);
	endwin();
	delscreen(terminal);
	return true;
}
