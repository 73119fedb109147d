// SPDX-License-Identifier: MIT
//
// lockdep-lite for C++: RAII over the annotation API of lockdep_lite.h. `ldl::checked<Mutex>` makes
// any BasicLockable known to the checker; sections and scopes end with their block. Header only;
// needs C++11.
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

// A section that must not block: `ldl::non_block_section now;`. Or a context of the program's own.
class context_section
{
      public:
	explicit context_section(unsigned int ctx) : ctx_(ctx)
	{
		ldl_context_enter(ctx_);
	}
	~context_section()
	{
		ldl_context_exit(ctx_);
	}
	context_section(const context_section &) = delete;
	context_section &operator=(const context_section &) = delete;

      private:
	unsigned int ctx_;
};

class non_block_section : public context_section
{
      public:
	non_block_section() : context_section(LDL_CTX_NON_BLOCK)
	{
	}
};

// The body of a reclaimer: an eviction, a collection. `domain`: LDL_RECLAIM… or an address.
class reclaim_section
{
      public:
	explicit reclaim_section(const void *domain = LDL_RECLAIM) : domain_(domain)
	{
		ldl_reclaim_enter(domain_);
	}
	~reclaim_section()
	{
		ldl_reclaim_exit(domain_);
	}
	reclaim_section(const reclaim_section &) = delete;
	reclaim_section &operator=(const reclaim_section &) = delete;

      private:
	const void *domain_;
};

// What the thread may not do for a while: LDL_SCOPE_ bits.
class scope
{
      public:
	explicit scope(unsigned int bits) : saved_(ldl_scope_save(bits))
	{
	}
	~scope()
	{
		ldl_scope_restore(saved_);
	}
	scope(const scope &) = delete;
	scope &operator=(const scope &) = delete;

      private:
	unsigned int saved_;
};

class nofs_scope : public scope
{
      public:
	nofs_scope() : scope(LDL_SCOPE_NOFS)
	{
	}
};

class noio_scope : public scope
{
      public:
	noio_scope() : scope(LDL_SCOPE_NOIO)
	{
	}
};

class noreclaim_scope : public scope
{
      public:
	noreclaim_scope() : scope(LDL_SCOPE_NORECLAIM)
	{
	}
};

// One run of a shrinker's scanning callback: `run.freed(n)` before it ends.
class shrinker_scan
{
      public:
	shrinker_scan(const void *shrinker, unsigned int gfp) : shrinker_(shrinker), freed_(0)
	{
		ldl_shrinker_scan_begin(shrinker_, gfp);
	}
	~shrinker_scan()
	{
		ldl_shrinker_scan_end(shrinker_, freed_);
	}
	void freed(unsigned long count) noexcept
	{
		freed_ += count;
	}
	shrinker_scan(const shrinker_scan &) = delete;
	shrinker_scan &operator=(const shrinker_scan &) = delete;

      private:
	const void *shrinker_;
	unsigned long freed_;
};

} // namespace ldl

#endif
