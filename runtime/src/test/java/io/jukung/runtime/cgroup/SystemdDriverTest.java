package io.jukung.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs the driver in the real cgroup hierarchy. A fake does what systemd would do there. */
@Timeout(60)
class SystemdDriverTest {
  private static final Duration WAIT = Duration.ofSeconds(5);
  private static final String SANDBOX = "5aadb0";

  private CgroupMount mount;
  private String top;
  private FakeSystemd systemd;
  private SystemdDriver driver;

  /** Makes and removes scopes as systemd does, and records the calls. */
  private final class FakeSystemd implements SystemdUnits {
    final List<String> calls = new CopyOnWriteArrayList<>();
    private final Map<String, Cgroup> scopes = new ConcurrentHashMap<>();
    boolean refuses;

    /** Starts and stops nothing, although it accepts the call. */
    volatile boolean ignores;

    /** The scopes with this text in their name start only when the latch is open. */
    volatile String slowName = "no such name";

    final CountDownLatch slowMayStart = new CountDownLatch(1);

    @Override
    public void startScope(String name, String slice, String description, int pid)
        throws IOException {
      calls.add("start " + name + " in " + slice);
      if (refuses) {
        throw new IOException("refused");
      }
      if (name.contains(slowName)) {
        await(slowMayStart);
      }
      if (ignores) {
        return;
      }
      Cgroup scope = mount.at(new SliceName(slice).path()).child(name);
      scope.create();
      scope.attach(pid);
      scopes.put(name, scope);
    }

    @Override
    public void stop(String name) throws IOException {
      calls.add("stop " + name);
      if (!ignores) {
        end(name);
      }
    }

    private static void await(CountDownLatch latch) throws IOException {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
    }

    /** Kills every process of a scope and removes it, as when the kernel kills the last process. */
    void end(String name) throws IOException {
      Cgroup scope = Objects.requireNonNull(scopes.get(name));
      scope.kill();
      scope.remove(WAIT);
    }

    @Override
    public void close() {
      calls.add("close");
    }
  }

  @BeforeEach
  void setUp() throws IOException {
    mount = CgroupMount.find();
    top = "jukungtest" + UUID.randomUUID().toString().replace("-", "");
    systemd = new FakeSystemd();
    driver = new SystemdDriver(mount, "/" + top, systemd);
  }

  @AfterEach
  void tearDown() throws IOException {
    Cgroup slice = mount.at("/" + top + ".slice");
    slice.kill();
    if (slice.exists()) {
      slice.remove(WAIT);
    }
  }

  private SystemdDriver impatientDriver() {
    return new SystemdDriver(mount, "/" + top, systemd, Duration.ofMillis(500));
  }

  private String scopeName(String sandboxId) {
    return top + "-" + sandboxId + ".scope";
  }

  private String scopePath(String sandboxId) {
    return "/" + top + ".slice/" + scopeName(sandboxId);
  }

  private int holderOf(String sandboxId) throws IOException {
    return mount.at(scopePath(sandboxId)).child("hold").processes().getFirst();
  }

  /** Also a zombie is a process of /proc. */
  private static Path process(int pid) {
    return Path.of("/proc", Integer.toString(pid));
  }

  @Test
  void podGetsADelegatedScopeInItsSlice() throws IOException {
    String parent = driver.parent("/" + top + "/burstable/pod1-2");
    assertThat(parent).isEqualTo(top + "-burstable-pod1_2.slice");
    String scope =
        "/%1$s.slice/%1$s-burstable.slice/%1$s-burstable-pod1_2.slice/%1$s-%2$s.scope"
            .formatted(top, SANDBOX);
    String path = driver.podPath(parent, SANDBOX);
    assertThat(path).isEqualTo(scope + "/pod");

    Cgroup container = mount.at(path).child("container");
    driver.prepare(container.path());
    container.create();
    driver.prepare(container.path());
    assertThat(systemd.calls)
        .as("started once for the pod")
        .containsExactly("start " + top + "-" + SANDBOX + ".scope in " + parent);
    assertThat(mount.at(scope).processes())
        .as("no process that keeps controllers from the children")
        .isEmpty();
    assertThat(mount.at(scope).child("hold").processes()).hasSize(1);

    driver.removeUnused(mount.at(path));
    assertThat(systemd.calls).as("not stopped while a container is left").hasSize(1);
    container.remove(WAIT);
    driver.removeUnused(mount.at(path));
    assertThat(systemd.calls).last().isEqualTo("stop " + top + "-" + SANDBOX + ".scope");
    assertThat(mount.at(scope).exists()).isFalse();
    driver.removeUnused(mount.at(path));
    assertThat(systemd.calls).as("a scope that is gone is not stopped again").hasSize(2);
  }

  /** Containers of one pod can be created and removed at the same time. */
  @Test
  void scopeRemovedWhileAContainerIsCreatedIsStartedAgain() throws Exception {
    Cgroup pod = mount.at(driver.podPath("", SANDBOX));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> workers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        workers.add(
            threads.submit(
                () -> {
                  for (int round = 0; round < 25; round++) {
                    driver.prepare(pod.path());
                    driver.removeUnused(pod);
                  }
                  return null;
                }));
      }
      for (Future<?> worker : workers) {
        worker.get(WAIT.toSeconds() * 10, TimeUnit.SECONDS);
      }
    }
    assertThat(systemd.calls.stream().filter(call -> call.startsWith("start")).count())
        .as("every started scope is stopped")
        .isEqualTo(systemd.calls.stream().filter(call -> call.startsWith("stop")).count());
  }

  @Test
  void closeDisconnectsFromTheBus() {
    driver.close();
    assertThat(systemd.calls).containsExactly("close");
  }

  @Test
  void podWithoutAParentIsInTheSliceOfJukung() {
    assertThat(driver.podPath("", SANDBOX))
        .isEqualTo("/%1$s.slice/%1$s-%2$s.scope/pod".formatted(top, SANDBOX));
    assertThat(driver.sandboxOf(top + "-" + SANDBOX + ".scope")).isEqualTo(SANDBOX);
    assertThat(driver.sandboxOf("other.scope")).isEmpty();
  }

  @Test
  void scopeThatSystemdRefusesLeavesNoProcess() {
    systemd.refuses = true;
    long before = ProcessHandle.current().children().count();
    assertThatThrownBy(() -> driver.prepare(driver.podPath("", SANDBOX) + "/container"))
        .hasMessageContaining("refused");
    assertThat(ProcessHandle.current().children().count()).isEqualTo(before);
  }

  /** Both scopes' names have the same hash code. */
  @Test
  void podDoesNotWaitForTheScopeOfAnotherPod() throws Exception {
    String hung = "5aAa";
    String other = "5aBB";
    assertThat(scopeName(hung)).hasSameHashCodeAs(scopeName(other));
    systemd.slowName = hung;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> waiting =
          threads.submit(
              () -> {
                driver.prepare(driver.podPath("", hung) + "/container");
                return null;
              });
      while (systemd.calls.isEmpty()) {
        Thread.onSpinWait();
      }
      try {
        Future<?> free =
            threads.submit(
                () -> {
                  driver.prepare(driver.podPath("", other) + "/container");
                  return null;
                });
        free.get(10, TimeUnit.SECONDS);
        assertThat(waiting).isNotDone();
      } finally {
        systemd.slowMayStart.countDown();
      }
      waiting.get(10, TimeUnit.SECONDS);
    }
    assertThat(mount.at(scopePath(hung)).exists()).isTrue();
    assertThat(mount.at(scopePath(other)).exists()).isTrue();
  }

  @Test
  void holderOfAScopeThatEndedByItselfIsReapedWhenTheScopeIsStartedAgain() throws Exception {
    String container = driver.podPath("", SANDBOX) + "/container";
    driver.prepare(container);
    int first = holderOf(SANDBOX);
    systemd.end(scopeName(SANDBOX));
    driver.prepare(container);
    assertThat(process(first)).doesNotExist();
    assertThat(process(holderOf(SANDBOX))).exists();
  }

  @Test
  void holderOfAScopeThatEndedByItselfIsReapedWhenThePodIsRemoved() throws Exception {
    Cgroup pod = mount.at(driver.podPath("", SANDBOX));
    driver.prepare(pod.path() + "/container");
    int holder = holderOf(SANDBOX);
    systemd.end(scopeName(SANDBOX));
    driver.removeUnused(pod);
    assertThat(process(holder)).doesNotExist();
  }

  @Test
  void scopeThatSystemdDoesNotStopIsAnErrorAndTheNextAttemptEndsIt() throws Exception {
    SystemdDriver impatient = impatientDriver();
    Cgroup pod = mount.at(impatient.podPath("", SANDBOX));
    impatient.prepare(pod.path() + "/container");
    int holder = holderOf(SANDBOX);
    systemd.ignores = true;
    assertThatThrownBy(() -> impatient.removeUnused(pod))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("the end of " + scopeName(SANDBOX), "not done after");
    systemd.ignores = false;
    impatient.removeUnused(pod);
    assertThat(mount.at(scopePath(SANDBOX)).exists()).isFalse();
    assertThat(process(holder)).doesNotExist();
  }

  /** A thread that parks with its interrupt flag set does not sleep, but spins. */
  @Test
  void interruptedCallerWaitsForSystemdWithoutSpinning() {
    SystemdDriver impatient = impatientDriver();
    systemd.ignores = true;
    String path = impatient.podPath("", SANDBOX) + "/container";
    assertThatThrownBy(() -> impatient.prepare(path)).hasMessageContaining("not done after");
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    Thread.currentThread().interrupt();
    long before = clock.getCurrentThreadCpuTime();
    assertThatThrownBy(() -> impatient.prepare(path)).hasMessageContaining("not done after");
    long used = clock.getCurrentThreadCpuTime() - before;
    assertThat(Thread.interrupted()).as("still interrupted").isTrue();
    assertThat(Duration.ofNanos(used)).isLessThan(Duration.ofMillis(100));
  }
}
