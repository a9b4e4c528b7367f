package io.jukung.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The driver over the real hierarchy, with what systemd would do in it done by a fake. */
class SystemdDriverTest {
  private static final Duration WAIT = Duration.ofSeconds(5);
  private static final String SANDBOX = "5aadb0";

  private CgroupMount mount;
  private String top;
  private FakeSystemd systemd;
  private SystemdDriver driver;

  /** Makes scopes as systemd does, and remembers what it was asked for. */
  private final class FakeSystemd implements SystemdUnits {
    final List<String> calls = new CopyOnWriteArrayList<>();
    private Cgroup scope = mount.at("/");
    boolean refuses;

    @Override
    public void startScope(String name, String slice, String description, int pid)
        throws IOException {
      calls.add("start " + name + " in " + slice);
      if (refuses) {
        throw new IOException("refused");
      }
      scope = mount.at(new SliceName(slice).path()).child(name);
      scope.create();
      scope.attach(pid);
    }

    @Override
    public void stop(String name) throws IOException {
      calls.add("stop " + name);
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

  @Test
  void aPodIsADelegatedScopeInItsSlice() throws IOException {
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
        .as("once for the pod")
        .containsExactly("start " + top + "-" + SANDBOX + ".scope in " + parent);
    assertThat(mount.at(scope).processes()).as("controllers can be handed down").isEmpty();
    assertThat(mount.at(scope).child("hold").processes()).hasSize(1);

    driver.removeUnused(mount.at(path));
    assertThat(systemd.calls).as("a container is left").hasSize(1);
    container.remove(WAIT);
    driver.removeUnused(mount.at(path));
    assertThat(systemd.calls).last().isEqualTo("stop " + top + "-" + SANDBOX + ".scope");
    assertThat(mount.at(scope).exists()).isFalse();
    driver.removeUnused(mount.at(path));
    assertThat(systemd.calls).as("what is gone is not stopped again").hasSize(2);
  }

  /** Containers of a pod are made and removed at the same time. */
  @Test
  void aScopeThatIsRemovedWhileItIsNeededIsStartedAgain() throws Exception {
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
        .as("each start has its end")
        .isEqualTo(systemd.calls.stream().filter(call -> call.startsWith("stop")).count());
  }

  @Test
  void closeLeavesTheBus() {
    driver.close();
    assertThat(systemd.calls).containsExactly("close");
  }

  @Test
  void aPodWithoutAParentIsInOurOwnSlice() {
    assertThat(driver.podPath("", SANDBOX))
        .isEqualTo("/%1$s.slice/%1$s-%2$s.scope/pod".formatted(top, SANDBOX));
    assertThat(driver.sandboxOf(top + "-" + SANDBOX + ".scope")).isEqualTo(SANDBOX);
    assertThat(driver.sandboxOf("other.scope")).isEmpty();
  }

  @Test
  void aScopeThatSystemdRefusesLeavesNoProcess() {
    systemd.refuses = true;
    long before = ProcessHandle.current().children().count();
    assertThatThrownBy(() -> driver.prepare(driver.podPath("", SANDBOX) + "/container"))
        .hasMessageContaining("refused");
    assertThat(ProcessHandle.current().children().count()).isEqualTo(before);
  }
}
