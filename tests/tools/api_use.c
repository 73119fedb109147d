/* Calls everything that the public header offers, for check-headers: it must compile in every
 * standard and variant, and run without the library where the variant promises that. */
#include <lockdep_lite.h>

static int outer_lock, inner_lock;

static void use_locks(void)
{
	ldl_class_t outer_class = ldl_class("outer", LDL_CLASS_STRICT);
	ldl_class_t inner_class = ldl_class("inner", LDL_CLASS_BY_INSTANCE);

	ldl_lock_init(&outer_lock, outer_class, LDL_LOCK_FAIR);
	ldl_lock_init(&inner_lock, inner_class, LDL_LOCK_RECURSIVE);
	ldl_order(&outer_lock, &inner_lock);
	ldl_nest(&inner_lock, &outer_lock);

	ldl_lock_acquire(&outer_lock, LDL_EXCLUSIVE);
	ldl_lock_acquired(&outer_lock, LDL_EXCLUSIVE);
	ldl_lock_acquire_nested(&inner_lock, LDL_SHARED | LDL_TIMED, 1);
	ldl_lock_failed(&inner_lock);
	ldl_assert_held(&outer_lock);
	ldl_assert_not_held(&inner_lock);
	ldl_lock_downgrade(&outer_lock);
	ldl_lock_release(&outer_lock);

	ldl_lock_destroy(&inner_lock);
	ldl_lock_destroy(&outer_lock);
}

int main(void)
{
	unsigned int findings;

	use_locks();
	ldl_reset();
	findings = ldl_finding_count();
	return findings != 0 || ldl_is_held(&outer_lock) == 1;
}
