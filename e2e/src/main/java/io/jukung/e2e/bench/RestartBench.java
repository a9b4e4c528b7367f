package io.jukung.e2e.bench;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.client.Requests;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Kills a daemon that has many pods by SIGKILL, starts it again, and measures when each call works
 * again for every pod. The calls are made all at once, as kubelet makes them, and each one is
 * repeated until it works.
 */
public final class RestartBench {
  private static final String USAGE =
      """
      options: --socket SOCKET --image REFERENCE --pods N --rounds N --logs DIRECTORY
               --daemon-log FILE -- COMMAND... (which starts the daemon)\
      """;

  /** A call that fails is made again after this time. */
  private static final long REPEAT_MILLIS = 10;

  /** Longer than any restart takes that is worth measuring. */
  private static final Duration BOUND = Duration.ofMinutes(2);

  private static final Duration CALL_LIMIT = Duration.ofSeconds(30);

  private final Path socket;
  private final String image;
  private final int pods;
  private final int rounds;
  private final Path logs;
  private final Path daemonLog;
  private final List<String> command;
  private final Map<String, Samples> times = new LinkedHashMap<>();
  private Process daemon;

  private RestartBench(Map<String, String> options, List<String> command) throws IOException {
    this.socket = Path.of(option(options, "socket"));
    this.image = option(options, "image");
    this.pods = Integer.parseInt(options.getOrDefault("pods", "100"));
    this.rounds = Integer.parseInt(options.getOrDefault("rounds", "10"));
    this.logs = Path.of(option(options, "logs"));
    this.daemonLog = Path.of(option(options, "daemon-log"));
    this.command = command;
    this.daemon = startDaemon();
  }

  private static String option(Map<String, String> options, String name) {
    String value = options.get(name);
    if (value == null) {
      throw new IllegalArgumentException("--" + name + " is missing; " + USAGE);
    }
    return value;
  }

  /** Runs the benchmark. The options are those of the usage text. */
  public static void main(String[] arguments) throws Exception {
    Map<String, String> options = new HashMap<>();
    int at = 0;
    while (at + 1 < arguments.length && !arguments[at].equals("--")) {
      options.put(arguments[at].substring(2), arguments[at + 1]);
      at += 2;
    }
    if (at + 1 >= arguments.length) {
      throw new IllegalArgumentException(USAGE);
    }
    RestartBench bench =
        new RestartBench(options, List.of(arguments).subList(at + 1, arguments.length));
    try {
      bench.run();
    } finally {
      bench.daemon.destroy();
      bench.daemon.waitFor();
    }
  }

  private void run() throws Exception {
    List<Endpoint.Pod> running = new ArrayList<>();
    awaitSocket(System.nanoTime());
    try (CriClient client = CriClient.of(socket)) {
      Endpoint endpoint = new Endpoint("jukung", client, 0, "");
      await("the daemon serves", () -> serves(client));
      endpoint.ensureImage(image);
      for (int i = 0; i < pods; i++) {
        running.add(endpoint.startPod("pod-" + i, NamespaceMode.NODE, image, logs));
      }
    }
    for (int round = 0; round < rounds; round++) {
      String extra = runPod("extra-" + round);
      daemon.destroyForcibly().waitFor();
      long start = System.nanoTime();
      daemon = startDaemon();
      measure(round, running, extra, start);
    }
    print();
    try (CriClient client = CriClient.of(socket)) {
      running.forEach(new Endpoint("jukung", client, 0, "")::removePod);
    }
  }

  private Process startDaemon() throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(daemonLog.toFile()))
        .start();
  }

  private String runPod(String name) throws IOException {
    try (CriClient client = CriClient.of(socket)) {
      return client
          .runtime()
          .runPodSandbox(
              RunPodSandboxRequest.newBuilder()
                  .setConfig(Requests.pod(name, NamespaceMode.NODE, directory(name)))
                  .build())
          .getPodSandboxId();
    }
  }

  private Path directory(String pod) throws IOException {
    return Files.createDirectories(logs.resolve(pod));
  }

  private void measure(int round, List<Endpoint.Pod> running, String extra, long start)
      throws Exception {
    awaitSocket(start);
    String fresh = "fresh-" + round;
    Path freshLogs = directory(fresh);
    try (CriClient client = CriClient.of(socket);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Endpoint endpoint = new Endpoint("jukung", client, 0, "");
      List<CompletableFuture<Void>> calls = new ArrayList<>();
      calls.add(first(threads, "Version", start, () -> serves(client)));
      calls.add(first(threads, "ListPodSandbox, all ready", start, () -> listsPods(client)));
      calls.add(first(threads, "ListContainers, all running", start, () -> listsRunning(client)));
      calls.add(
          all(threads, "ContainerStatus of each", start, running, pod -> isRunning(client, pod)));
      calls.add(all(threads, "ExecSync in each", start, running, pod -> executes(endpoint, pod)));
      calls.add(first(threads, "StopPodSandbox", start, () -> stops(client, extra)));
      calls.add(first(threads, "RunPodSandbox", start, () -> runs(client, fresh, freshLogs)));
      for (CompletableFuture<Void> call : calls) {
        call.get();
      }
      removeExtras(client);
    }
  }

  /** Waits until the daemon accepts connections: a gRPC channel would pause between its tries. */
  private void awaitSocket(long start) throws IOException, InterruptedException {
    while (true) {
      try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        channel.connect(UnixDomainSocketAddress.of(socket));
        return;
      } catch (IOException e) {
        if (System.nanoTime() - start > BOUND.toNanos()) {
          throw new IOException("the daemon does not listen at " + socket, e);
        }
      }
      Thread.sleep(1);
    }
  }

  private interface PodCheck {
    boolean works(Endpoint.Pod pod);
  }

  private CompletableFuture<Void> first(
      ExecutorService threads, String name, long start, BooleanSupplier call) {
    return CompletableFuture.runAsync(
        () -> {
          await(name, call);
          add(name, System.nanoTime() - start);
        },
        threads);
  }

  /** Makes the call for every pod at once, and takes the time when the last of them has worked. */
  private CompletableFuture<Void> all(
      ExecutorService threads,
      String name,
      long start,
      List<Endpoint.Pod> running,
      PodCheck check) {
    CompletableFuture<?>[] each =
        running.stream()
            .map(
                pod ->
                    CompletableFuture.runAsync(() -> await(name, () -> check.works(pod)), threads))
            .toArray(CompletableFuture[]::new);
    return CompletableFuture.allOf(each).thenRun(() -> add(name, System.nanoTime() - start));
  }

  private synchronized void add(String name, long nanos) {
    times.computeIfAbsent(name, _ -> new Samples()).add(nanos);
  }

  private static void await(String what, BooleanSupplier call) {
    long start = System.nanoTime();
    String failure = "it is not so";
    while (System.nanoTime() - start < BOUND.toNanos()) {
      try {
        if (call.getAsBoolean()) {
          return;
        }
        Thread.sleep(REPEAT_MILLIS);
      } catch (StatusRuntimeException e) {
        failure = String.valueOf(e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new IllegalStateException(what + " does not work: " + failure);
  }

  private static boolean serves(CriClient client) {
    client.runtime(CALL_LIMIT).version(VersionRequest.getDefaultInstance());
    return true;
  }

  private boolean listsPods(CriClient client) {
    return client
            .runtime(CALL_LIMIT)
            .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
            .getItemsList()
            .stream()
            .filter(pod -> pod.getState() == PodSandboxState.SANDBOX_READY)
            .count()
        >= pods;
  }

  private boolean listsRunning(CriClient client) {
    return client
            .runtime(CALL_LIMIT)
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersList()
            .stream()
            .filter(container -> container.getState() == ContainerState.CONTAINER_RUNNING)
            .count()
        >= pods;
  }

  private static boolean isRunning(CriClient client, Endpoint.Pod pod) {
    return client
            .runtime(CALL_LIMIT)
            .containerStatus(
                ContainerStatusRequest.newBuilder().setContainerId(pod.containerId()).build())
            .getStatus()
            .getState()
        == ContainerState.CONTAINER_RUNNING;
  }

  private static boolean executes(Endpoint endpoint, Endpoint.Pod pod) {
    endpoint.exec(pod);
    return true;
  }

  private static boolean stops(CriClient client, String pod) {
    client
        .runtime(CALL_LIMIT)
        .stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(pod).build());
    return true;
  }

  private static boolean runs(CriClient client, String name, Path logs) {
    client
        .runtime(CALL_LIMIT)
        .runPodSandbox(
            RunPodSandboxRequest.newBuilder()
                .setConfig(Requests.pod(name, NamespaceMode.NODE, logs))
                .build());
    return true;
  }

  private static void removeExtras(CriClient client) {
    client
        .runtime()
        .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
        .getItemsList()
        .stream()
        .filter(pod -> !pod.getMetadata().getName().startsWith("pod-"))
        .forEach(
            pod ->
                client
                    .runtime()
                    .removePodSandbox(
                        RemovePodSandboxRequest.newBuilder().setPodSandboxId(pod.getId()).build()));
  }

  private void print() {
    System.out.printf(
        "%d pods, %d rounds: milliseconds from SIGKILL of the daemon until the call works.%n%n",
        pods, rounds);
    System.out.println("| call | median | p99 |");
    System.out.println("|---|---:|---:|");
    times.forEach(
        (name, samples) ->
            System.out.printf(
                Locale.ROOT,
                "| %s | %.0f | %.0f |%n",
                name,
                samples.medianMillis(),
                samples.p99Millis()));
  }
}
