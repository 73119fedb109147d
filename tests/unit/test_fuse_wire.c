/* The recogniser of FUSE messages, on bytes: what it takes for a request, an answer, a
 * notification, and what it says of each. The numbers are the kernel's own header's. */
#include <linux/fuse.h>
#include <CUnit/CUnit.h>
#include "instrument/preload/fuse_wire.h"
#include "tests/support/suite.h"

static struct ldl_fuse_request request_of(uint32_t opcode, uint32_t len)
{
	return (struct ldl_fuse_request){.len = len, .opcode = opcode, .unique = 2, .node = 1};
}

static void the_numbers_are_the_kernels(void)
{
	CU_ASSERT_EQUAL(sizeof(struct ldl_fuse_request), sizeof(struct fuse_in_header));
	CU_ASSERT_EQUAL(sizeof(struct ldl_fuse_answer), sizeof(struct fuse_out_header));
	CU_ASSERT_EQUAL(
		offsetof(struct ldl_fuse_request, unique), offsetof(struct fuse_in_header, unique));
	CU_ASSERT_EQUAL(
		offsetof(struct ldl_fuse_request, node), offsetof(struct fuse_in_header, nodeid));
	CU_ASSERT_EQUAL((int)LDL_FUSE_INIT, (int)FUSE_INIT);
	CU_ASSERT_EQUAL((int)LDL_FUSE_FORGET, (int)FUSE_FORGET);
	CU_ASSERT_EQUAL((int)LDL_FUSE_BATCH_FORGET, (int)FUSE_BATCH_FORGET);
	CU_ASSERT_EQUAL((int)LDL_FUSE_INTERRUPT, (int)FUSE_INTERRUPT);
	CU_ASSERT_EQUAL((int)LDL_FUSE_RENAME, (int)FUSE_RENAME);
	CU_ASSERT_EQUAL((int)LDL_FUSE_RENAME2, (int)FUSE_RENAME2);
	CU_ASSERT_EQUAL((int)LDL_FUSE_NOTIFY_INVAL_INODE, (int)FUSE_NOTIFY_INVAL_INODE);
	CU_ASSERT_EQUAL((int)LDL_FUSE_NOTIFY_INVAL_ENTRY, (int)FUSE_NOTIFY_INVAL_ENTRY);
	CU_ASSERT_EQUAL((int)LDL_FUSE_NOTIFY_STORE, (int)FUSE_NOTIFY_STORE);
	CU_ASSERT_EQUAL((int)LDL_FUSE_NOTIFY_DELETE, (int)FUSE_NOTIFY_DELETE);
}

static void a_request_is_as_long_as_what_was_read(void)
{
	struct ldl_fuse_request request = request_of(FUSE_LOOKUP, 48);

	CU_ASSERT_TRUE(ldl_fuse_is_request(&request, 48));
	CU_ASSERT_FALSE(ldl_fuse_is_request(&request, 47));
	CU_ASSERT_FALSE(ldl_fuse_is_request(&request, 49));
}

static void text_and_unknown_opcodes_are_no_requests(void)
{
	struct ldl_fuse_request none = request_of(0, 40), far = request_of(4096, 40);
	struct ldl_fuse_request text;

	memset(&text, 'x', sizeof(text));
	CU_ASSERT_FALSE(ldl_fuse_is_request(&none, 40));
	CU_ASSERT_FALSE(ldl_fuse_is_request(&far, 40));
	CU_ASSERT_FALSE(ldl_fuse_is_request(&text, sizeof(text)));
}

static void what_has_no_answer_is_not_served(void)
{
	static const uint32_t unanswered[] = {FUSE_FORGET, FUSE_BATCH_FORGET, FUSE_INTERRUPT};
	struct ldl_fuse_request lookup = request_of(FUSE_LOOKUP, 48);

	for (size_t i = 0; i < ldl_array_len(unanswered); i++) {
		struct ldl_fuse_request request = request_of(unanswered[i], 48);

		CU_ASSERT_FALSE(ldl_fuse_is_answered(&request));
	}
	CU_ASSERT_TRUE(ldl_fuse_is_answered(&lookup));
}

static void requests_keep_directories_or_pages_or_nothing(void)
{
	CU_ASSERT_EQUAL(ldl_fuse_request_keeps(FUSE_LOOKUP), LDL_FUSE_DIRECTORY);
	CU_ASSERT_EQUAL(ldl_fuse_request_keeps(FUSE_CREATE), LDL_FUSE_DIRECTORY);
	CU_ASSERT_EQUAL(ldl_fuse_request_keeps(FUSE_READDIRPLUS), LDL_FUSE_DIRECTORY);
	CU_ASSERT_EQUAL(ldl_fuse_request_keeps(FUSE_READ), LDL_FUSE_DATA);
	CU_ASSERT_EQUAL(ldl_fuse_request_keeps(FUSE_WRITE), LDL_FUSE_DATA);
	CU_ASSERT_EQUAL(ldl_fuse_request_keeps(FUSE_GETATTR), LDL_FUSE_NOTHING);
	CU_ASSERT_EQUAL(ldl_fuse_request_keeps(FUSE_OPEN), LDL_FUSE_NOTHING);
	CU_ASSERT_EQUAL(ldl_fuse_request_keeps(FUSE_INIT), LDL_FUSE_NOTHING);
	CU_ASSERT_EQUAL(ldl_fuse_request_keeps(12345), LDL_FUSE_NOTHING);
}

static void an_answer_has_a_number_and_no_positive_error(void)
{
	struct ldl_fuse_answer good = {32, 0, 2}, failed = {16, -5, 2}, notification = {32, 3, 0};
	struct ldl_fuse_answer odd = {32, 5, 2};

	CU_ASSERT_TRUE(ldl_fuse_is_answer(&good, 32));
	CU_ASSERT_TRUE(ldl_fuse_is_answer(&failed, 16));
	CU_ASSERT_FALSE(ldl_fuse_is_answer(&good, 31));
	CU_ASSERT_FALSE(ldl_fuse_is_answer(&odd, 32));
	CU_ASSERT_FALSE(ldl_fuse_is_answer(&notification, 32));
	CU_ASSERT_TRUE(ldl_fuse_is_notification(&notification, 32));
	CU_ASSERT_FALSE(ldl_fuse_is_notification(&notification, 16));
	CU_ASSERT_FALSE(ldl_fuse_is_notification(&good, 32));
	CU_ASSERT_FALSE(ldl_fuse_is_notification(&odd, 32));
}

static enum ldl_fuse_kind waits(uint32_t code, int64_t offset, size_t size, uint64_t *node)
{
	struct fuse_notify_inval_inode_out body = {.ino = 77, .off = offset};

	return ldl_fuse_notification_waits(code, &body, size, node);
}

static void notifications_wait_for_what_they_take(void)
{
	uint64_t node = 0;

	CU_ASSERT_EQUAL(waits(FUSE_NOTIFY_INVAL_ENTRY, 0, 24, &node), LDL_FUSE_DIRECTORY);
	CU_ASSERT_EQUAL(node, 77);
	CU_ASSERT_EQUAL(waits(FUSE_NOTIFY_DELETE, 0, 24, &node), LDL_FUSE_DIRECTORY);
	CU_ASSERT_EQUAL(waits(FUSE_NOTIFY_STORE, 0, 24, &node), LDL_FUSE_DATA);
	CU_ASSERT_EQUAL(waits(FUSE_NOTIFY_INVAL_INODE, 0, 24, &node), LDL_FUSE_DATA);
}

static void notifications_of_attributes_wait_for_nothing(void)
{
	uint64_t node;

	CU_ASSERT_EQUAL(waits(FUSE_NOTIFY_INVAL_INODE, -1, 24, &node), LDL_FUSE_NOTHING);
	CU_ASSERT_EQUAL(waits(FUSE_NOTIFY_POLL, 0, 24, &node), LDL_FUSE_NOTHING);
	CU_ASSERT_EQUAL(waits(FUSE_NOTIFY_RETRIEVE, 0, 24, &node), LDL_FUSE_NOTHING);
	CU_ASSERT_EQUAL(waits(FUSE_NOTIFY_INVAL_ENTRY, 0, 7, &node), LDL_FUSE_NOTHING);
}

static void only_writes_of_the_page_cache_are_writeback(void)
{
	struct fuse_write_in body = {.write_flags = FUSE_WRITE_CACHE};

	CU_ASSERT_TRUE(ldl_fuse_is_writeback(FUSE_WRITE, &body, sizeof(body)));
	CU_ASSERT_FALSE(ldl_fuse_is_writeback(FUSE_READ, &body, sizeof(body)));
	CU_ASSERT_FALSE(ldl_fuse_is_writeback(FUSE_WRITE, &body, 20));
	body.write_flags = FUSE_WRITE_LOCKOWNER;
	CU_ASSERT_FALSE(ldl_fuse_is_writeback(FUSE_WRITE, &body, sizeof(body)));
}

LDL_SUITE(fuse_wire)
{
	LDL_TEST(the_numbers_are_the_kernels);
	LDL_TEST(a_request_is_as_long_as_what_was_read);
	LDL_TEST(text_and_unknown_opcodes_are_no_requests);
	LDL_TEST(what_has_no_answer_is_not_served);
	LDL_TEST(requests_keep_directories_or_pages_or_nothing);
	LDL_TEST(an_answer_has_a_number_and_no_positive_error);
	LDL_TEST(notifications_wait_for_what_they_take);
	LDL_TEST(notifications_of_attributes_wait_for_nothing);
	LDL_TEST(only_writes_of_the_page_cache_are_writeback);
}
