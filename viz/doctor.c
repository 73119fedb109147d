/* The doctor's list, and what it says of the machine. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clean.h"
#include "core/limits.h"
#include "render_plugins.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define LINE_MAX_BYTES 9000u /* two paths and some words */
#define SHM            "/dev/shm"

void viz_doctor_say(struct viz_doctor *doctor, enum viz_mark mark, const char *format, ...)
{
	static const char *const words[] = {"ok  ", "warn", "no  "};
	char text[LINE_MAX_BYTES], clean[LINE_MAX_BYTES];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	viz_clean_copy(clean, sizeof clean, text);
	printf("%s  %s\n", words[mark], clean);
	if (mark > doctor->worst)
		doctor->worst = mark;
}

/* A full disk or tmpfs must make a table full, not kill the program: only this advice tells before
 * the first write. */
static bool has_populate(int fd)
{
	if (ftruncate(fd, LDL_PAGE) != 0)
		return false;
	void *page = mmap(NULL, LDL_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return false;
	bool has = madvise(page, LDL_PAGE, MADV_POPULATE_WRITE) == 0;
	munmap(page, LDL_PAGE);
	return has;
}

static void look_at_kernel(struct viz_doctor *doctor)
{
	struct utsname name;
	const char *release = uname(&name) == 0 ? name.release : "?";
	int fd = memfd_create("lockdep-lite-doctor", MFD_CLOEXEC);
	if (fd < 0) {
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"kernel %s: no memfd (%s): without -o or out= nothing can be read from "
			"outside",
			release, strerror(errno));
		return;
	}
	if (has_populate(fd))
		viz_doctor_say(
			doctor, VIZ_MARK_OK, "kernel %s: memfd, MADV_POPULATE_WRITE", release);
	else
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"kernel %s: no MADV_POPULATE_WRITE (5.14 has it): a tmpfs that fills up "
			"could kill a watched program",
			release);
	close(fd);
}

static void look_at_shm(struct viz_doctor *doctor)
{
	struct statvfs space;
	if (statvfs(SHM, &space) != 0 || access(SHM, W_OK | X_OK) != 0) {
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			SHM
			": cannot be written (%s): arenas go to $XDG_RUNTIME_DIR, $TMPDIR or /tmp",
			strerror(errno));
		return;
	}
	unsigned long long free_mib = (unsigned long long)space.f_bavail * space.f_frsize >> 20;
	bool has_room = free_mib >= LDL_ARENA_CHECK >> 20;
	viz_doctor_say(doctor, has_room ? VIZ_MARK_OK : VIZ_MARK_WARN, SHM ": %llu MiB free%s",
		free_mib, has_room ? "" : ", less than one arena of 64 MiB: tables may stay short");
}

static void look_at_graphviz(struct viz_doctor *doctor)
{
	static const char *const wanted[][2] = {{"layout", "dot"}, {"layout", "sfdp"},
		{"device", "svg"}, {"device", "png"}, {"device", "pdf"}};
	char found[64] = "", missing[64] = "";
	GVC_t *context = viz_render_context(true);
	for (size_t i = 0; i < ldl_array_len(wanted); i++) {
		bool has = context != NULL && viz_render_has(context, wanted[i][0], wanted[i][1]);
		char *list = has ? found : missing;
		strcat(strcat(list, " "), wanted[i][1]);
	}
	if (missing[0] == '\0')
		viz_doctor_say(doctor, VIZ_MARK_OK, "Graphviz:%s", found);
	else
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"Graphviz: missing%s (found:%s): install libgvplugin packages (Debian: "
			"libgvc6), or write .dot",
			missing, found[0] != '\0' ? found : " nothing");
	if (context != NULL)
		gvFreeContext(context);
}

void viz_doctor_system(struct viz_doctor *doctor)
{
	look_at_kernel(doctor);
	look_at_shm(doctor);
	look_at_graphviz(doctor);
}

/* In the child. */
static void start_trivial(const char *library, int output)
{
	int null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	setenv("LD_PRELOAD", library, 1);
	setenv("LOCKDEP_LITE", "quiet:memory=1M", 1);
	execl("/bin/true", "true", (char *)NULL);
	_exit(127);
}

void viz_doctor_library(struct viz_doctor *doctor, const char *library)
{
	char text[1024] = "";
	int status = -1, output = memfd_create("lockdep-lite-doctor", MFD_CLOEXEC);
	pid_t pid = fork();
	if (pid == 0)
		start_trivial(library, output);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ssize_t got = output >= 0 ? pread(output, text, sizeof text - 1, 0) : 0;
	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (output >= 0)
		close(output);
	if (status == 0 && text[0] == '\0')
		viz_doctor_say(doctor, VIZ_MARK_OK, "preload library: %s", library);
	else if (text[0] != '\0')
		viz_doctor_say(doctor, VIZ_MARK_NO, "preload library: %s: %s", library, text);
	else
		viz_doctor_say(doctor, VIZ_MARK_NO,
			"preload library: %s: a trivial program does not run with it (status 0x%x)",
			library, status);
}
