// Runs a command and writes what it used, with its reaped children, as JSON to a file: the runtimes
// do not tell what wait4 tells. Usage: measure OUT.json SECONDS COMMAND...; a command that runs
// longer is killed with its process group. Exits with the command's status.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child;

static void kill_group(int signal_number) {
  (void)signal_number;
  if (child > 0) kill(-child, SIGKILL);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double of(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

int main(int argc, char** argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: measure OUT.json SECONDS COMMAND...\n");
    return 2;
  }
  signal(SIGALRM, kill_group);
  signal(SIGTERM, kill_group);
  const double start = seconds();
  child = fork();
  if (child == 0) {
    setpgid(0, 0);
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    _exit(127);
  }
  setpgid(child, child);
  alarm((unsigned)atoi(argv[2]));
  int status = 0;
  struct rusage used;
  while (wait4(child, &status, 0, &used) < 0) {
  }
  const double wall = seconds() - start;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  FILE* out = fopen(argv[1], "w");
  if (!out) {
    perror(argv[1]);
    return 2;
  }
  fprintf(
      out,
      "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"maxrss_kb\": %ld, \"status\": %d}\n",
      wall, of(used.ru_utime), of(used.ru_stime), used.ru_maxrss, code);
  fclose(out);
  return code;
}
