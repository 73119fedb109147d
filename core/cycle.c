/* Breadth-first search for strong cycles. See cycle.h.
 *
 * A state is node << 1 | weak: weak, when every edge that led here so far was a recursive read. The
 * two kinds of marks and parents are the two halves of the state space. */
#include "cycle.h"

#include "atomic.h"
#include "class.h"

#define FROM_E (LDL_EDGE_EN | LDL_EDGE_ER)
#define TO_N   (LDL_EDGE_EN | LDL_EDGE_SN)

static uint32_t *mark_of(struct ldl_work *work, uint32_t state)
{
	return state & 1 ? &work->mark_twin[state >> 1] : &work->mark[state >> 1];
}

/* Types of an edge that may follow a state: after a recursive read, only exclusive holds block. */
static uint32_t types_after(uint32_t types, bool weak)
{
	return types & LDL_EDGE_TYPES & (weak ? (uint32_t)FROM_E : (uint32_t)LDL_EDGE_TYPES);
}

/* What a path is looked for around: see find(). */
enum detour { NONE, PER_CPU, HANDLERS, WAITS, REPLIES, DETOURS };

struct search {
	struct ldl_arena *arena;
	struct ldl_work *work;
	uint32_t count; /* states in the queue */
	ldl_node_id goal;
	bool goal_is_shared; /* the new edge leaves the goal as S: it must not be entered by R */
	uint32_t goal_state;
	int64_t rank;
	enum detour detour;
	uint32_t avoided_count; /* WAITS and REPLIES: edges that are not to be used */
	ldl_edge_id avoided[LDL_DETOUR_MAX];
	const struct ldl_detour *around; /* nor are these; NULL: none */
};

/* The queue: two lists of capacity words each, used as one of 2 * capacity. */
static uint32_t *queue_at(struct ldl_work *work, uint32_t at)
{
	return at < work->capacity ? &work->list[at] : &work->list_twin[at - work->capacity];
}

/* `by`: the edge that led here, << 1, and whether the state before was weak. */
static void enter(struct search *search, uint32_t state, uint32_t by)
{
	uint32_t *mark = mark_of(search->work, state);

	if (*mark == search->work->epoch)
		return;
	*mark = search->work->epoch;
	search->work->parent[state] = by;
	*queue_at(search->work, search->count++) = state;
}

static bool is_per_cpu(const struct ldl_arena *arena, ldl_node_id node)
{
	return ldl_class_has(
		ldl_class_at(arena, ldl_node_at(arena, node)->class), LDL_CLASS_PER_CPU);
}

static bool is_handler(const struct ldl_arena *arena, ldl_node_id node)
{
	return ldl_class_at(arena, ldl_node_at(arena, node)->class)->kind == LDL_KIND_INTERRUPT;
}

static bool is_gone_around(const struct search *search, ldl_edge_id edge)
{
	for (uint32_t i = 0; search->around && i < search->around->count; i++) {
		if (search->around->edges[i] == edge)
			return true;
	}
	return false;
}

static const struct ldl_class *class_of(const struct ldl_arena *arena, ldl_node_id node)
{
	return ldl_class_at(arena, ldl_node_at(arena, node)->class);
}

/* An event that is woken by somebody who waits for no other one does not depend on others, whatever
 * its other wakers do. */
static bool is_optional(const struct ldl_arena *arena, const struct ldl_edge *edge)
{
	const struct ldl_class *from = class_of(arena, edge->from);

	return from->kind == LDL_KIND_EVENT && ldl_class_has(from, LDL_CLASS_FREE) &&
	       class_of(arena, edge->to)->kind == LDL_KIND_EVENT;
}

static bool is_avoided(const struct search *search, ldl_edge_id id)
{
	const struct ldl_edge *edge = ldl_edge_at(search->arena, id);

	for (uint32_t i = 0; i < search->avoided_count; i++) {
		if (search->avoided[i] == id)
			return true;
	}
	return (search->detour == PER_CPU && is_per_cpu(search->arena, edge->to)) ||
	       (search->detour == HANDLERS && is_handler(search->arena, edge->to)) ||
	       is_optional(search->arena, edge);
}

/* Follows one edge as far as its types allow. True: the goal is reached strongly. */
static bool follow(struct search *search, ldl_edge_id id, uint32_t types, bool weak)
{
	ldl_node_id next = ldl_edge_at(search->arena, id)->to;
	bool by_n = types & TO_N;

	/* An end that there is none of has no rank, but the walk's own memory ends before it. */
	if (ldl_node_at(search->arena, next)->rank != search->rank ||
		next >= search->work->capacity)
		return false;
	if (is_avoided(search, id) || is_gone_around(search, id))
		return false;
	enter(search, next << 1 | !by_n, id << 1 | weak);
	if (next == search->goal && (by_n || !search->goal_is_shared)) {
		search->goal_state = next << 1 | !by_n;
		return true;
	}
	return false;
}

static bool run(struct search *search)
{
	for (uint32_t at = 0; at < search->count; at++) {
		uint32_t state = *queue_at(search->work, at), steps = 0;
		ldl_edge_id id = ldl_node_at(search->arena, state >> 1)->out_first;

		for (; id && ldl_arena_step(search->arena, LDL_TABLE_EDGES, &steps);
			id = ldl_edge_at(search->arena, id)->next_out) {
			uint32_t types =
				types_after(ldl_edge_at(search->arena, id)->types, state & 1);

			if (types && follow(search, id, types, state & 1))
				return true;
		}
	}
	return false;
}

static bool start(struct search *search, const struct ldl_edge *edge, uint32_t type)
{
	bool by_r = !(type & TO_N);
	bool from_shared = !(type & FROM_E);

	search->count = 0;
	search->goal = edge->from;
	search->goal_is_shared = from_shared;
	search->rank = ldl_node_at(search->arena, edge->from)->rank;
	search->work->epoch++;
	enter(search, edge->to << 1 | by_r, 0);
	/* A loop is its own path; it must fit itself. */
	if (edge->to == edge->from) {
		search->goal_state = edge->to << 1 | by_r;
		return !(by_r && from_shared);
	}
	return run(search);
}

/* The one type to show for an edge between two states: it must leave as the state before allows
 * and arrive as the state after says. */
static uint32_t step_type(uint32_t types, bool weak_before, bool weak_after)
{
	uint32_t fit =
		types_after(types, weak_before) & (weak_after ? ~(uint32_t)TO_N : (uint32_t)TO_N);

	return fit & -fit;
}

static void reverse(struct ldl_cycle_step *steps, uint32_t count)
{
	for (uint32_t i = 0, j = count; i + 1 < j; i++) {
		struct ldl_cycle_step last = steps[--j];

		steps[j] = steps[i];
		steps[i] = last;
	}
}

/* Reads the parents back from the goal: the steps come out last to first. */
static uint32_t trace(struct search *search, struct ldl_cycle_step *steps, uint32_t most)
{
	uint32_t count = 1, state = search->goal_state, by;

	while ((by = search->work->parent[state]) != 0) {
		const struct ldl_edge *edge = ldl_edge_at(search->arena, by >> 1);

		if (count == most) {
			ldl_add_relaxed(
				&search->arena->header->counters[LDL_COUNT_SEARCH_GAVE_UP], 1);
			break;
		}
		steps[count].edge = by >> 1;
		steps[count++].type = step_type(edge->types, by & 1, state & 1);
		state = edge->from << 1 | (by & 1);
	}
	reverse(steps + 1, count - 1);
	return count;
}

/* Each processor has its own lock of such a class, and who holds it keeps that processor: another
 * one's handler does not wait for it, and this one's cannot come in. So no handler's cycle leads
 * through the class; but the handler that takes the lock which it interrupted is one. */
static bool is_kept_apart(
	const struct ldl_arena *arena, const struct ldl_cycle_step *steps, uint32_t count)
{
	bool has_handler = false, has_per_cpu = false;

	for (uint32_t i = 0; i < count; i++) {
		ldl_node_id node = ldl_edge_at(arena, steps[i].edge)->from;

		has_handler |= is_handler(arena, node);
		has_per_cpu |= is_per_cpu(arena, node);
	}
	return has_handler && has_per_cpu && count > 2;
}

/* A wait, and a step after it that leads, by way of events alone, to one that the waiter had woken
 * itself: it waits for the reply to its own request, which is made. */
struct reply {
	ldl_edge_id wait, request;
};

static bool find_reply(const struct ldl_arena *arena, const struct ldl_cycle_step *steps,
	uint32_t count, struct reply *reply)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t asked = ldl_edge_at(arena, steps[i].edge)->asked;

		for (uint32_t n = 1; asked && n < count; n++) {
			ldl_edge_id id = steps[(i + n) % count].edge;
			uint32_t bit =
				ldl_class_event_bit(class_of(arena, ldl_edge_at(arena, id)->to));

			if (!bit)
				break;
			if (bit & asked) {
				*reply = (struct reply){steps[i].edge, id};
				return true;
			}
		}
	}
	return false;
}

/* Whether one more way can be tried, around the wait or around the request. */
static bool avoid(struct search *search, ldl_edge_id edge, const struct reply *reply)
{
	ldl_edge_id id = search->detour == WAITS ? reply->wait : reply->request;

	if (search->detour < WAITS || id == edge || search->avoided_count == LDL_DETOUR_MAX)
		return false;
	search->avoided[search->avoided_count++] = id;
	return true;
}

/* The shortest cycle with this detour that is not void; *is_void: there is one that is. */
static uint32_t find_around(struct search *search, ldl_edge_id edge, uint32_t type,
	struct ldl_cycle_step *steps, uint32_t most, bool *is_void)
{
	search->avoided_count = 0;
	while (start(search, ldl_edge_at(search->arena, edge), type)) {
		struct reply reply = {0};
		uint32_t count;

		steps[0] = (struct ldl_cycle_step){edge, type};
		count = trace(search, steps, most);
		if (!is_kept_apart(search->arena, steps, count) &&
			!find_reply(search->arena, steps, count, &reply))
			return count;
		*is_void = true;
		if (!reply.wait || !avoid(search, edge, &reply))
			break;
	}
	return 0;
}

/* The shortest cycle; where that one is void, the shortest around what makes it so. Of interrupts:
 * every cycle that is not void and longer than two lacks the handlers or the classes. (One of two
 * is the shortest.) Of replies: a cycle that is not void lacks the wait or the request, or has
 * other waits between them; one of the latter kind may be missed beside one that is void. */
static uint32_t find(struct search *search, ldl_edge_id edge, uint32_t type,
	struct ldl_cycle_step *steps, uint32_t most)
{
	bool is_void = false;

	for (search->detour = NONE; search->detour < DETOURS; search->detour++) {
		uint32_t count = find_around(search, edge, type, steps, most, &is_void);

		if (count || !is_void)
			return count;
	}
	return 0;
}

uint32_t ldl_cycle_find(struct ldl_arena *arena, struct ldl_work *work, ldl_edge_id edge,
	uint32_t types, const struct ldl_detour *around, struct ldl_cycle_step *steps,
	uint32_t most)
{
	struct search search = {.arena = arena, .work = work, .around = around};
	uint32_t count = 0;

	if (work->capacity == 0) {
		ldl_add_relaxed(&arena->header->counters[LDL_COUNT_SEARCH_GAVE_UP], 1);
		return 0;
	}
	for (uint32_t type = 1; type < LDL_EDGE_TYPES && !count; type <<= 1) {
		if (types & type)
			count = find(&search, edge, type, steps, most);
	}
	return count;
}
