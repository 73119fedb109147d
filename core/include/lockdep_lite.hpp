// SPDX-License-Identifier: MIT
//
// lockdep-lite for C++: RAII over the annotation API of lockdep_lite.h, and `ldl::checked<Mutex>`,
// which makes any BasicLockable known to the checker. Header only; needs C++11.
#ifndef LOCKDEP_LITE_HPP
#define LOCKDEP_LITE_HPP

#include "lockdep_lite.h"

namespace ldl
{

// A lock class, made once: `static const ldl::lock_class cache_locks("cache");`
class lock_class
{
      public:
	explicit lock_class(const char *name, unsigned int properties = LDL_CLASS_STRICT)
	    : id_(ldl_class(name, properties))
	{
	}
	ldl_class_t id() const noexcept
	{
		return id_;
	}

      private:
	ldl_class_t id_;
};

// Wraps a custom lock: anything with lock() and unlock(), and try_lock() when that is used. The
// wrapper's address is the lock's identity, so it neither copies nor moves.
template <class Mutex> class checked
{
      public:
	checked()
	{
		ldl_lock_init(this, 0, 0);
	}
	explicit checked(const lock_class &cls, unsigned int flags = 0)
	{
		ldl_lock_init(this, cls.id(), flags);
	}
	~checked()
	{
		ldl_lock_destroy(this);
	}
	checked(const checked &) = delete;
	checked &operator=(const checked &) = delete;

	void lock()
	{
		ldl_lock_acquire(this, LDL_EXCLUSIVE);
		attempt waiting(this);
		mutex_.lock();
		waiting.succeed();
	}
	bool try_lock()
	{
		if (!mutex_.try_lock())
			return false;
		ldl_lock_acquired(this, LDL_EXCLUSIVE | LDL_TRY);
		return true;
	}
	void unlock()
	{
		mutex_.unlock();
		ldl_lock_release(this);
	}
	// For what the wrapped lock offers beyond that; such calls are not seen.
	Mutex &underlying() noexcept
	{
		return mutex_;
	}

      private:
	// Takes the announcement back when the wrapped lock() throws.
	class attempt
	{
	      public:
		explicit attempt(const void *lock) : lock_(lock)
		{
		}
		~attempt()
		{
			if (lock_)
				ldl_lock_failed(lock_);
		}
		void succeed()
		{
			ldl_lock_acquired(lock_, LDL_EXCLUSIVE);
			lock_ = nullptr;
		}
		attempt(const attempt &) = delete;
		attempt &operator=(const attempt &) = delete;

	      private:
		const void *lock_;
	};

	Mutex mutex_;
};

} // namespace ldl

#endif
