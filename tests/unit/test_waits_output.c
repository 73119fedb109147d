/* viz/json, dot and inventory: waits that are no locks, for programs and in pictures. */
#include <getopt.h>
#include <lockdep_lite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/support/suite.h"
#include "tests/support/waits.h"
#include "viz/cmd.h"
#include "viz/graph.h"
#include "viz/inventory.h"
#include "viz/json.h"

static struct viz_run *run;
static char output[1 << 16];

/* One of everything; finding 1 is the cycle through all of them, finding 2 a broken rule. */
static void open_zoo(void)
{
	static const enum ldl_kind kinds[] = {LDL_KIND_MUTEX, LDL_KIND_RECLAIM, LDL_KIND_RWLOCK,
		LDL_KIND_EVENT, LDL_KIND_RESERVE, LDL_KIND_CUSTOM, LDL_KIND_NONBLOCK};
	static const char *const names[] = {
		"first", "reclaim.io", "second", "done", "bio", "third", "oom_reaper"};
	ldl_class_id ids[ldl_array_len(kinds)], place;
	ldl_edge_id edges[ldl_array_len(kinds)];
	char error[400];

	ldl_waits_begin();
	for (size_t i = 0; i < ldl_array_len(kinds); i++)
		ids[i] = ldl_waits_class(kinds[i], names[i]);
	for (size_t i = 0; i < ldl_array_len(kinds); i++) {
		ldl_class_id to = ids[(i + 1) % ldl_array_len(kinds)];
		bool allocates = i == 0 || i == 5;

		edges[i] = ldl_waits_edge(ids[i], to, 1 + (uint32_t)i, allocates ? LDL_GFP_NOFS : 0,
			allocates ? LDL_GFP_KERNEL : 0);
	}
	ldl_waits_cycle(LDL_FINDING_NONBLOCK, LDL_RULE_A5, edges, ldl_array_len(kinds));
	place = ldl_waits_class(LDL_KIND_ALLOCATION, NULL);
	ldl_waits_breach(&(struct ldl_waits_breach){.kind = LDL_FINDING_POLICY,
		.rule = LDL_RULE_B3,
		.severity = LDL_SEVERITY_ERROR,
		.to = place,
		.gfp = LDL_GFP_NOFAIL,
		.gfp_asked = LDL_GFP_NOFAIL,
		.note = "a \"note\"\n"});
	ldl_waits_alloc(
		&(struct ldl_alloc){.class = ids[0], .gfp = LDL_GFP_NOWAIT, .count = 900}, 0);
	ldl_waits_alloc(&(struct ldl_alloc){.class = ids[0],
				.gfp = LDL_GFP_NOFS,
				.gfp_asked = LDL_GFP_KERNEL,
				.scope = LDL_SCOPE_NOFS,
				.count = 7,
				.failures = 3,
				.fallbacks = 2,
				.gave_up = 1,
				.retries = 4},
		ids[2]);
	ldl_waits_alloc(&(struct ldl_alloc){.class = place, .gfp = LDL_GFP_NOFAIL, .count = 1}, 0);
	ldl_waits_reserve(&(struct ldl_reserve){.class = ids[4],
		.instance = ids[4],
		.min_nr = 4,
		.level = 4,
		.level_min = 1,
		.used_max = 6,
		.generation = 1});
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, ldl_waits_path(), error, sizeof(error)), LDL_OK);
	CU_ASSERT_EQUAL(viz_run_snapshot(run)->repairs, 0);
}

/* What `print` writes, into `output`. */
static void capture(void (*print)(FILE *out))
{
	FILE *out = fmemopen(output, sizeof(output) - 1, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	memset(output, 0, sizeof(output));
	print(out);
	fclose(out);
	viz_run_close(run);
}

static bool has(const char *words)
{
	if (!strstr(output, words))
		printf("lacks: %s\n%s", words, output);
	return strstr(output, words) != NULL;
}

static void print_json(FILE *out)
{
	viz_json_run(out, run, &(struct viz_json_options){.inventory = true});
}

static void print_plain_json(FILE *out)
{
	viz_json_run(out, run, &(struct viz_json_options){.inventory = false});
}

static void print_inventory(FILE *out)
{
	viz_inventory_text(out, run);
}

static void json_tells_kinds_masks_and_notes(void)
{
	open_zoo();
	capture(print_plain_json);
	CU_ASSERT_TRUE(has("\"kind\": \"nonblock\",\n      \"rule\": \"A5\""));
	CU_ASSERT_TRUE(has("\"kind\": \"policy\",\n      \"rule\": \"B3\""));
	CU_ASSERT_TRUE(has("\"note\": \"a \\\"note\\\"?\""));
	CU_ASSERT_TRUE(has("\"from\": \"first\",\n          \"to\": \"reclaim.io\""));
	CU_ASSERT_TRUE(
		has("\"to_kind\": \"reclaim domain\",\n          \"indirect\": false,\n"
		    "          \"relation\": \"is held by a thread that allocates with GFP_NOFS "
		    "(effective; asked for GFP_KERNEL), which may reclaim\",\n"
		    "          \"gfp\": \"GFP_NOFS\",\n"
		    "          \"gfp_asked\": \"GFP_KERNEL\""));
	CU_ASSERT_TRUE(has("\"relation\": \"is woken only after its waker waited for an element of "
			   "mempool 'bio' (indirect)\""));
	CU_ASSERT_TRUE(has("\"gfp\": \"__GFP_NOFAIL\""));
	CU_ASSERT_PTR_NULL(strstr(output, "\"inventory\""));
}

static void json_has_the_inventory_when_asked(void)
{
	open_zoo();
	capture(print_json);
	CU_ASSERT_TRUE(has("\"inventory\": {\n    \"allocations\": ["));
	CU_ASSERT_TRUE(has("\"scopes\": \"nofs\",\n        \"requests\": 7,\n"
			   "        \"failures\": 3,\n        \"fallbacks\": 2,\n"
			   "        \"retries\": 4,\n        \"gave_up\": 1,"));
	CU_ASSERT_TRUE(has("\"held\": [\n          \"second\"\n        ]"));
	CU_ASSERT_TRUE(has("\"rules\": \"B3\""));
	CU_ASSERT_TRUE(has("\"name\": \"mempool 'bio'\",\n        \"min_nr\": 4,"));
	CU_ASSERT_TRUE(has("\"used_max\": 6,\n        \"alive\": true"));
}

static void the_inventory_lists_what_matters_first(void)
{
	const char *broken, *under, *harmless;

	open_zoo();
	capture(print_inventory);
	CU_ASSERT_TRUE(
		has("allocation sites: 3; 1 may reclaim, 1 of these under a lock or context"));
	CU_ASSERT_TRUE(has("\n           7       3          2        4        1  "));
	CU_ASSERT_TRUE(has("GFP_NOFS (effective; asked for GFP_KERNEL), scopes: nofs\n"));
	CU_ASSERT_TRUE(has("  under second\n"));
	CU_ASSERT_TRUE(has("  may reclaim under what is held; tries again (B12)\n"));
	CU_ASSERT_TRUE(has("  findings: B3; NOFAIL (B12)\n"));
	CU_ASSERT_TRUE(has("reserves: 1\n"));
	CU_ASSERT_TRUE(has("\n         4       4       1        0         6  mempool 'bio'\n"));
	CU_ASSERT_TRUE(has("  2 more were out than it promises (C7)\n"));
	broken = strstr(output, "findings: B3");
	under = strstr(output, "under second");
	harmless = strstr(output, "GFP_NOWAIT\n");
	CU_ASSERT_TRUE(broken && under && harmless && broken < under && under < harmless);
}

static void an_empty_inventory_says_so(void)
{
	char error[400];

	ldl_waits_begin();
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, ldl_waits_path(), error, sizeof(error)), LDL_OK);
	capture(print_inventory);
	CU_ASSERT_TRUE(has("allocation sites: 0;"));
	CU_ASSERT_TRUE(has("reserves: 0\n"));
}

/* Runs `lockdep-lite report` on the zoo, its standard output into `output`. */
static int report(const char *option, const char *other)
{
	char path[64], word[] = "report", *arguments[5] = {word};
	int count = 1, kept, file, status;

	viz_run_close(run);
	snprintf(path, sizeof(path), "%s", ldl_waits_path());
	if (option)
		arguments[count++] = (char *)option;
	if (other)
		arguments[count++] = (char *)other;
	arguments[count++] = path;
	fflush(stdout);
	kept = dup(1);
	file = memfd_create("report", MFD_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(kept >= 0 && file >= 0);
	dup2(file, 1);
	optind = 0;
	status = viz_cmd_report(count, arguments);
	fflush(stdout);
	dup2(kept, 1);
	close(kept);
	memset(output, 0, sizeof(output));
	CU_ASSERT_TRUE(pread(file, output, sizeof(output) - 1, 0) >= 0);
	close(file);
	return status;
}

static void the_command_prints_the_inventory_instead_of_the_findings(void)
{
	open_zoo();
	CU_ASSERT_EQUAL(report("--inventory", NULL), 1);
	CU_ASSERT_EQUAL(strncmp(output, "allocation sites: 3;", 20), 0);
	CU_ASSERT_PTR_NULL(strstr(output, "possible deadlock"));
	open_zoo();
	CU_ASSERT_EQUAL(report(NULL, NULL), 1);
	CU_ASSERT_TRUE(has("possible deadlock"));
	CU_ASSERT_PTR_NULL(strstr(output, "allocation sites:"));
	open_zoo();
	CU_ASSERT_EQUAL(report("--inventory", "--json"), 1);
	CU_ASSERT_TRUE(has("\"inventory\""));
	CU_ASSERT_TRUE(has("\"findings\""));
}

/* The picture as DOT text, into `output`. */
static void draw(void)
{
	const struct viz_graph_options options = {.scope = VIZ_GRAPH_CYCLES};
	char folder[] = "/tmp/ldl-waits-XXXXXX", path[64], error[400];
	FILE *file;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/zoo.dot", folder);
	CU_ASSERT_EQUAL(viz_graph_write(run, &options, path, error, sizeof(error)), 0);
	memset(output, 0, sizeof(output));
	file = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_TRUE(fread(output, 1, sizeof(output) - 1, file) > 0);
	fclose(file);
	unlink(path);
	rmdir(folder);
	viz_run_close(run);
}

/* The statement of the vertex or arrow whose attributes hold `words` has `attribute` too. */
static bool statement_has(const char *words, const char *attribute)
{
	const char *at = strstr(output, words), *begin, *end;

	if (!at)
		return has(words);
	for (begin = at; begin > output && strncmp(begin, ";\n", 2) != 0;)
		begin--;
	end = strstr(at, ";\n");
	at = strstr(begin, attribute);
	return at && at < end;
}

static void shapes_tell_what_a_vertex_is(void)
{
	open_zoo();
	draw();
	CU_ASSERT_TRUE(statement_has("<b>reclaim.io</b>", "shape=octagon"));
	CU_ASSERT_TRUE(statement_has("<b>oom_reaper</b>", "shape=octagon"));
	CU_ASSERT_TRUE(statement_has("<b>mempool 'bio'</b>", "shape=cylinder"));
	CU_ASSERT_TRUE(statement_has("reserve of 4", "shape=cylinder"));
	CU_ASSERT_TRUE(statement_has("<b>event 'done'</b>", "shape=ellipse"));
	CU_ASSERT_TRUE(statement_has("<b>second</b>", "peripheries=2"));
	CU_ASSERT_FALSE(statement_has("<b>first</b>", "shape="));
}

static void arrows_tell_masks_and_what_is_indirect(void)
{
	open_zoo();
	draw();
	CU_ASSERT_TRUE(statement_has("edge-1", "GFP_NOFS"));
	CU_ASSERT_TRUE(statement_has("edge-1", "which may reclaim"));
	CU_ASSERT_TRUE(statement_has("edge-1", "#c62828"));
	CU_ASSERT_TRUE(statement_has("edge-2", "<i>indirect</i>"));
	CU_ASSERT_TRUE(statement_has("edge-4", "<i>indirect</i>"));
	CU_ASSERT_FALSE(statement_has("edge-3", "<i>indirect</i>"));
	CU_ASSERT_TRUE(has("octagon: reclaim, a handler, or a context that must not block"));
	CU_ASSERT_TRUE(has("dependencies: 1 cycle"));
}

/* Sections that nobody was in say nothing of a cycle, nor does one beside that of the cycle; the
 * head tells cycles from other findings. */
static void pictures_leave_out_what_says_nothing(void)
{
	ldl_class_id lock, reclaim, unused, handler, event, notifier;
	ldl_edge_id edges[2];
	char error[400];

	ldl_waits_begin();
	lock = ldl_waits_class(LDL_KIND_MUTEX, "inode_lock");
	reclaim = ldl_waits_class(LDL_KIND_RECLAIM, "reclaim.fs");
	unused = ldl_waits_class(LDL_KIND_RECLAIM, "reclaim.io");
	handler = ldl_waits_class(LDL_KIND_INTERRUPT, "softirq");
	event = ldl_waits_class(LDL_KIND_EVENT, "opened");
	notifier = ldl_waits_class(LDL_KIND_CONTEXT, "camera");
	edges[0] = ldl_waits_edge(lock, reclaim, 1, LDL_GFP_KERNEL, LDL_GFP_KERNEL);
	edges[1] = ldl_waits_edge(reclaim, lock, 2, 0, 0);
	ldl_waits_edge(lock, unused, 1, LDL_GFP_KERNEL, LDL_GFP_KERNEL);
	ldl_waits_edge(lock, handler, 1, 0, 0);
	ldl_waits_edge(event, lock, 1, 0, 0);
	ldl_waits_cycle(LDL_FINDING_RECLAIM, LDL_RULE_A4, edges, 2);
	ldl_waits_callback(&(struct ldl_callback){.class = notifier, .is_notifier = 1, .runs = 1});
	ldl_waits_breach(&(struct ldl_waits_breach){.kind = LDL_FINDING_NONBLOCK,
		.rule = LDL_RULE_A7,
		.severity = LDL_SEVERITY_WARNING,
		.from = notifier,
		.to = lock});
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, ldl_waits_path(), error, sizeof(error)), LDL_OK);
	draw();
	CU_ASSERT_TRUE(has("<b>event 'opened'</b>"));
	CU_ASSERT_PTR_NULL(strstr(output, "<b>reclaim.io</b>"));
	CU_ASSERT_PTR_NULL(strstr(output, "<b>softirq</b>"));
	CU_ASSERT_TRUE(has("1 cycle, 1 other finding"));
	CU_ASSERT_TRUE(has("a finding that is no cycle"));
	CU_ASSERT_TRUE(has("<b>A7</b>"));
	CU_ASSERT_TRUE(has("<b>2</b>"));
}

LDL_SUITE(waits_output)
{
	LDL_TEST(json_tells_kinds_masks_and_notes);
	LDL_TEST(json_has_the_inventory_when_asked);
	LDL_TEST(the_inventory_lists_what_matters_first);
	LDL_TEST(an_empty_inventory_says_so);
	LDL_TEST(the_command_prints_the_inventory_instead_of_the_findings);
	LDL_TEST(shapes_tell_what_a_vertex_is);
	LDL_TEST(arrows_tell_masks_and_what_is_indirect);
	LDL_TEST(pictures_leave_out_what_says_nothing);
}
