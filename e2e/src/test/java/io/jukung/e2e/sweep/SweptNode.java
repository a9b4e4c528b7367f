package io.jukung.e2e.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.CreateNetworkRequest;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.RemoveNetworkRequest;
import io.jukung.client.v1.RemoveVolumeRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.CriuProgram;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.sweep.Failpoint.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A node whose daemon and shims have failpoints, and what the current call works on. */
@SuppressWarnings("NullAway.Init") // set by each call's preparation
final class SweptNode implements AutoCloseable {
  private static final String SLEEPLESS = "0s";

  /** The image that a call makes. */
  static final String MADE = "swept-made:1";

  /** The volume that a call makes. */
  static final String VOLUME = "swept";

  /** The network that a call makes. */
  static final String NETWORK = "swept";

  /** A further network of the same pods. */
  static final String OTHER_NETWORK = "swept-too";

  private final Path directory;
  private final Path archives;
  private final Failpoint inDaemon;
  private final Failpoint inShim;
  private final Testbed testbed;
  private final boolean recycles;
  private Snapshot before;
  private List<String> imagesBefore;

  PodSandboxConfig config;
  Pod pod;
  String container;
  final String image;

  private final List<String> failures = new ArrayList<>();
  private int points;

  /** A node where each pod has a shim of its own. */
  SweptNode() throws Exception {
    this(0);
  }

  /**
   * A node.
   *
   * @param recycled how many shims of removed pods the daemon keeps for other pods: 0 or 1
   */
  SweptNode(int recycled) throws Exception {
    this(recycled, SLEEPLESS);
  }

  /** A node whose shims fall asleep after a moment. */
  static SweptNode withSleep() throws Exception {
    return new SweptNode(0, "200ms");
  }

  private SweptNode(int recycled, String sleepAfter) throws Exception {
    recycles = recycled != 0;
    directory = Files.createTempDirectory("jukung-sweep-");
    archives = Files.createDirectory(directory.resolve("archives"));
    inDaemon = new Failpoint(Files.createDirectory(directory.resolve("daemon")));
    inShim = new Failpoint(Files.createDirectory(directory.resolve("shim")));
    testbed =
        Testbed.start(
            Map.of("JDK_JAVA_OPTIONS", inDaemon.javaOptions()),
            // Spare shims start at any time, and their steps would count as the call's.
            """
            [shim]
            spare = 0
            max_spare = %d
            sleep_after = "%s"
            command = ["/usr/bin/env", "JDK_JAVA_OPTIONS=%s", "%s"]
            [checkpoint]
            criu = "%s"
            """
                .formatted(
                    recycled,
                    sleepAfter,
                    inShim.javaOptions(),
                    Daemon.dist().resolve("lib/shim/jukung-shim"),
                    CriuProgram.find().orElse(Path.of("/no/such/criu"))));
    image = testbed.registry().push("swept:1", "--env", "[\"A=swept\"]");
    remember();
  }

  private void remember() throws Exception {
    recycleOne();
    before = testbed.snapshot();
    imagesBefore = images();
  }

  /**
   * Makes sure that the shim of a removed pod waits for the next one. It ends when there was no pod
   * for some seconds, or when it or the daemon was killed.
   */
  private void recycleOne() throws Exception {
    if (recycles) {
      testbed.removePod(testbed.runPod("recycled", NamespaceMode.NODE));
    }
  }

  /** The file of a checkpoint, which nothing else is beside. */
  Path archive() {
    return archives.resolve("swept.tar");
  }

  Testbed testbed() {
    return testbed;
  }

  Failpoint inDaemon() {
    return inDaemon;
  }

  Failpoint inShim() {
    return inShim;
  }

  /** The number of steps of the daemon in a call, with a few that come after it. */
  long steps(SweptCall call, Fault fault) throws Exception {
    call.prepare(this);
    inDaemon.arm(0, fault);
    call.make(this);
    assertThat(inDaemon.isTaken()).as(call + " changes something").isTrue();
    inDaemon.disarm();
    testbed.runPod("next", NamespaceMode.NODE);
    assertNothingLeft();
    Await.until("the daemon has written its count", inDaemon::isTaken);
    assertThat(inDaemon.counted()).isPositive();
    return inDaemon.counted();
  }

  /** Whether the daemon has answered the call. */
  boolean tryCall(SweptCall call) throws Exception {
    try {
      call.make(this);
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** Starts the daemon that was killed. */
  void startAgain() throws Exception {
    testbed.daemon().awaitExit();
    testbed.daemon().start();
    testbed.reconnect();
  }

  void assertNothingLeft() throws Exception {
    testbed.removeAllPods();
    testbed.removeImage(image);
    testbed.removeImage(MADE);
    removeVolume();
    removeNetwork();
    recycleOne();
    testbed.assertNothingLeft(before);
    assertThat(images()).as("files of images").isEqualTo(imagesBefore);
    Files.deleteIfExists(archive());
    Path checkpoints = testbed.daemon().root().resolve("checkpoints");
    Await.until("nothing is left of checkpoints", () -> isEmpty(archives) && isEmpty(checkpoints));
    String volumes = testbed.daemon().root().resolve("volumes").toString();
    assertThat(testbed.node().run("ls", "-A", volumes).orThrow()).as("volumes").isEmpty();
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  /** Removes the volume that calls make, if it is there. */
  void removeVolume() {
    try {
      var _ =
          testbed
              .client()
              .volumes()
              .removeVolume(RemoveVolumeRequest.newBuilder().setName(VOLUME).build());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
        throw e;
      }
    }
  }

  /** Makes the network of calls. */
  void createNetwork() {
    createNetwork(NETWORK);
  }

  void createNetwork(String name) {
    var _ =
        testbed
            .client()
            .networks()
            .createNetwork(CreateNetworkRequest.newBuilder().setName(name).build());
  }

  /** The network of calls; empty if there is none. */
  Optional<Network> network() {
    return testbed
        .client()
        .networks()
        .listNetworks(ListNetworksRequest.newBuilder().setNetwork(NETWORK).build())
        .getNetworksList()
        .stream()
        .findFirst();
  }

  /** Removes the networks that calls make, if they are there. */
  void removeNetwork() {
    removeNetwork(NETWORK);
    removeNetwork(OTHER_NETWORK);
  }

  private void removeNetwork(String name) {
    try {
      var _ =
          testbed
              .client()
              .networks()
              .removeNetwork(RemoveNetworkRequest.newBuilder().setNetwork(name).build());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
        throw e;
      }
    }
  }

  /**
   * The configuration of a pod of jukung's own.
   *
   * @param options as the client writes them; empty for none
   */
  PodSandboxConfig ownPod(String options) throws Exception {
    PodSandboxConfig.Builder pod =
        testbed.podConfig("swept", NamespaceMode.POD).putLabels("io.jukung.run", "swept");
    if (!options.isEmpty()) {
      pod.putAnnotations("io.jukung.options", options);
    }
    return pod.build();
  }

  interface Check {
    void run() throws Exception;
  }

  /** Keeps a failure for {@link #assertNoFailures}, so that the other points are tried as well. */
  void check(String point, Check check) throws Exception {
    points++;
    try {
      check.run();
    } catch (Exception | AssertionError e) {
      failures.add(point + ": " + e.getMessage());
      System.err.println(point + ": " + e);
      recover();
    }
  }

  /** Makes the node usable for the next point. What is left now does not count again. */
  private void recover() throws Exception {
    inDaemon.disarm();
    inShim.disarm();
    if (testbed.daemon().isAlive()) {
      testbed.daemon().kill();
    }
    startAgain();
    testbed.removeAllPods();
    testbed.removeImage(image);
    testbed.removeImage(MADE);
    removeVolume();
    removeNetwork();
    remember();
  }

  void assertNoFailures() {
    List<String> all = List.copyOf(failures);
    failures.clear();
    assertThat(all).as("repeat with " + Failpoint.howToRepeat()).isEmpty();
  }

  void runContainer() throws Exception {
    pod = testbed.runPod("swept", NamespaceMode.NODE);
    container = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
  }

  /** Waits until the shim of the pod sleeps, or has ended. */
  void awaitAsleepOrGone() throws Exception {
    String shim = testbed.shim(pod.id());
    Await.until(
        "the shim sleeps",
        () -> {
          CommandResult program = testbed.node().run("readlink", "/proc/" + shim + "/exe");
          return program.exitCode() != 0 || program.stdout().contains("asleep");
        });
  }

  void assertPodRuns() {
    assertThat(testbed.pods())
        .singleElement()
        .satisfies(each -> assertThat(each.getState()).isEqualTo(PodSandboxState.SANDBOX_READY));
    String sleeper = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
    assertThat(testbed.exec(sleeper, "true").getExitCode()).isZero();
  }

  private List<String> images() throws Exception {
    return testbed
        .node()
        .run("find", testbed.daemon().root().resolve("images").toString())
        .orThrow()
        .lines()
        .sorted()
        .toList();
  }

  @Override
  public void close() throws Exception {
    System.out.println(points + " points were tried");
    testbed.close();
    try (var files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    }
  }
}
