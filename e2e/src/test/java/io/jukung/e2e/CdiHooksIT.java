package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.CDIDevice;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** CDI devices with hooks, as NVIDIA's generated descriptions have them. */
@ExtendWith(Testbed.Extension.class)
class CdiHooksIT {
  private static final String DEVICE = "nvidia.com/gpu=0";

  /** Writes down what a hook sees. The first argument is its moment, the second the directory. */
  private static final String OBSERVER =
      """
      #!/bin/sh
      state=$(cat)
      exec >"$2/$1"
      echo "$state"
      env | grep -v '^_=\\|^PWD=\\|^SHLVL=\\|^OLDPWD=' | sort
      for each in mnt net uts pid; do readlink /proc/self/ns/$each; done
      cd /proc/self/fd
      ls -l
      echo "$1" >>"$2/order"
      """;

  /**
   * What nvidia-cdi-hook does for create-symlinks: it finds the root of the container by the bundle
   * of the state, and makes links in it.
   */
  private static final String NVIDIA =
      """
      #!/bin/sh
      [ "$1 $2" = "create-symlinks --link" ] || exit 9
      bundle=$(sed 's/.*"bundle":"\\([^"]*\\)".*/\\1/')
      root=$(sed 's/.*"root":{"path":"\\([^"]*\\)".*/\\1/' "$bundle/config.json")
      ln -s "${3%%::*}" "$root${3##*::}"
      """;

  private Path hooks;
  private Path seen;
  private Path description;

  @BeforeEach
  void makeHooks(Testbed testbed) throws Exception {
    hooks = Files.createDirectories(testbed.daemon().directory().resolve("hooks"));
    seen = Files.createDirectories(testbed.node().directory().resolve("seen"));
    description =
        Files.createDirectories(testbed.daemon().directory().resolve("cdi")).resolve("gpu.yaml");
    program("observer", OBSERVER);
    program("nvidia-cdi-hook", NVIDIA);
  }

  @AfterEach
  void removeHooks(Testbed testbed) throws Exception {
    testbed.removeAllPods();
    Files.deleteIfExists(description);
    for (Path directory : List.of(hooks, seen)) {
      try (Stream<Path> files = Files.list(directory)) {
        for (Path each : files.toList()) {
          Files.delete(each);
        }
      }
      Files.delete(directory);
    }
  }

  private Path program(String name, String script) throws Exception {
    Path file = Files.writeString(hooks.resolve(name), script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }

  private void describe(String... hookLines) throws Exception {
    Files.writeString(
        description,
        """
        cdiVersion: 0.6.0
        kind: nvidia.com/gpu
        devices:
          - name: "0"
            containerEdits:
              mounts: [{hostPath: %s, containerPath: /seen, options: [rbind, rw]}]
              hooks:
        """
                .formatted(seen)
            + String.join("\n", hookLines)
            + "\n");
  }

  private String observer(String moment) {
    return "        - {hookName: %s, path: %s, args: [observer, %s, %s], env: [A=b, PATH=%s]}"
        .formatted(moment, hooks.resolve("observer"), moment, seen, "/usr/bin:/bin");
  }

  private String poststop() {
    return "        - {hookName: poststop, path: %s, args: [observer, poststop, %s], env: [PATH=%s]}"
        .formatted(hooks.resolve("observer"), seen, "/usr/bin:/bin");
  }

  private static ContainerConfig config(Testbed testbed, Pod pod, String script) {
    return Requests.container(pod.config(), "app", testbed.busybox(), List.of("sh", "-c", script))
        .addCDIDevices(CDIDevice.newBuilder().setName(DEVICE))
        .build();
  }

  private static String pid(Testbed testbed, String container) {
    ContainerStatusRequest request =
        ContainerStatusRequest.newBuilder().setContainerId(container).setVerbose(true).build();
    Matcher pid =
        Pattern.compile("\"pid\":([0-9]+)")
            .matcher(testbed.client().runtime().containerStatus(request).getInfoOrThrow("info"));
    assertThat(pid.find()).isTrue();
    return pid.group(1);
  }

  @Test
  void everyHookRunsAtItsMomentInItsNamespaces(Testbed testbed) throws Exception {
    describe(
        poststop(),
        observer("poststart"),
        "        - {hookName: startContainer, path: /bin/sh, env: [PATH=/bin], timeout: 20,",
        "           args: [sh, -c, 'cat >/seen/startContainer; echo $$ >>/seen/startContainer;"
            + " cat /proc/self/cgroup >>/seen/startContainer;"
            + " ls / >>/seen/startContainer; echo startContainer >>/seen/order']}",
        "        - {hookName: createContainer, path: %s, env: [PATH=/usr/bin:/bin],"
            .formatted(hooks.resolve("nvidia-cdi-hook")),
        "           args: [nvidia-cdi-hook, create-symlinks, --link, /seen/lib.so.1::/lib.so]}",
        observer("createContainer"),
        observer("createRuntime"),
        observer("prestart"));
    Pod pod = testbed.runPod("hooks", NamespaceMode.POD);
    String container =
        testbed.runContainer(
            pod,
            config(
                testbed,
                pod,
                "cat /seen/order; readlink /lib.so; readlink /proc/self/ns/net; exec sleep 1000"));
    List<String> atStart = new ArrayList<>();
    Await.until(
        "the container has written",
        () -> {
          atStart.clear();
          atStart.addAll(logged(pod, "app"));
          return atStart.stream().anyMatch(line -> line.startsWith("net:"));
        });
    assertThat(atStart)
        .startsWith("prestart", "createRuntime", "createContainer", "startContainer")
        .contains("/seen/lib.so.1");
    String net = atStart.getLast();
    String pid = pid(testbed, container);

    for (String moment : List.of("prestart", "createRuntime", "poststart")) {
      List<String> lines = Files.readAllLines(seen.resolve(moment));
      assertThat(lines.getFirst())
          .contains("\"id\":\"" + container + "\"", "\"pid\":" + pid + ",", "\"ociVersion\":\"1.")
          .contains(moment.equals("poststart") ? "\"running\"" : "\"creating\"");
      assertThat(lines.subList(1, 3)).containsExactly("A=b", "PATH=/usr/bin:/bin");
      assertThat(lines).as("no namespace of the container").doesNotContain(net);
    }
    List<String> created = Files.readAllLines(seen.resolve("createContainer"));
    assertThat(created.getFirst()).contains("\"status\":\"creating\"");
    assertThat(created).as("the container's network").contains(net);
    assertThat(created)
        .doesNotContainAnyElementsOf(
            Files.readAllLines(seen.resolve("createRuntime")).subList(3, 7));
    List<String> started = Files.readAllLines(seen.resolve("startContainer"));
    assertThat(started.getFirst()).contains("\"status\":\"created\",\"pid\":1,");
    assertThat(started).as("the container's root").contains("seen", "lib.so");
    assertThat(started).as("the container's cgroup, with its devices and limits").contains("0::/");

    testbed.stopContainer(container, 0);
    testbed.removeContainer(container);
    assertThat(Files.readAllLines(seen.resolve("order")))
        .as("the removal waits for poststop")
        .endsWith("poststart", "poststop");
    assertThat(Files.readAllLines(seen.resolve("poststop")).getFirst())
        .contains("\"status\":\"stopped\",\"bundle\"");
  }

  @Test
  void hooksGetNoDescriptorAndNoEnvironmentOfTheDaemon(Testbed testbed) throws Exception {
    describe(observer("createRuntime"), observer("createContainer"));
    Pod pod = testbed.runPod("clean", NamespaceMode.NODE);
    testbed.awaitExited(testbed.runContainer(pod, config(testbed, pod, "true")));
    for (String moment : List.of("createRuntime", "createContainer")) {
      List<String> lines = Files.readAllLines(seen.resolve(moment));
      assertThat(lines.subList(1, 3)).containsExactly("A=b", "PATH=/usr/bin:/bin");
      assertThat(lines)
          .filteredOn(line -> line.contains(" -> ") && !line.matches(".* [012] -> .*"))
          .as("what is open beside the script")
          .allMatch(line -> line.endsWith("/observer"));
    }
  }

  @Test
  void aHookThatFailsMakesTheStartFailAndPoststopRuns(Testbed testbed) throws Exception {
    Path fails = program("fails", "#!/bin/sh\necho no such GPU >&2\nexit 3\n");
    for (String moment : List.of("createRuntime", "createContainer")) {
      describe("        - {hookName: %s, path: %s}".formatted(moment, fails), poststop());
      Pod pod = testbed.runPod("fails-" + moment.toLowerCase(Locale.ROOT), NamespaceMode.POD);
      String container = testbed.createContainer(pod, config(testbed, pod, "echo never"));
      assertThat(failure(() -> testbed.startContainer(container)).getDescription())
          .contains(
              moment + " hook " + fails + " of container " + container,
              "exit status 3: no such GPU");
      assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
      assertThat(seen.resolve("poststop")).exists();
      Files.delete(seen.resolve("poststop"));
      testbed.removePod(pod);
    }
  }

  @Test
  void aStartContainerHookOfTheContainerThatFailsMakesTheStartFail(Testbed testbed)
      throws Exception {
    describe("        - {hookName: startContainer, path: /no/such/program}");
    Pod pod = testbed.runPod("no-program", NamespaceMode.NODE);
    String container = testbed.createContainer(pod, config(testbed, pod, "true"));
    assertThat(failure(() -> testbed.startContainer(container)).getDescription())
        .contains("startContainer hook /no/such/program", "ENOENT");
  }

  @Test
  void aPoststartHookThatFailsEndsTheContainer(Testbed testbed) throws Exception {
    Path fails = program("fails", "#!/bin/sh\nexit 4\n");
    describe("        - {hookName: poststart, path: %s}".formatted(fails), poststop());
    Pod pod = testbed.runPod("poststart", NamespaceMode.NODE);
    String container = testbed.createContainer(pod, config(testbed, pod, "exec sleep 1000"));
    assertThat(failure(() -> testbed.startContainer(container)).getDescription())
        .contains("poststart hook " + fails, "exit status 4");
    testbed.awaitExited(container);
    testbed.removeContainer(container); // waits for poststop
    assertThat(Files.readAllLines(seen.resolve("order"))).as("once").containsExactly("poststop");
  }

  @Test
  void aHookThatHangsIsKilledWithItsProcesses(Testbed testbed) throws Exception {
    Path child = seen.resolve("child");
    Path hangs = program("hangs", "#!/bin/sh\nsleep 100000 &\necho $! >" + child + "\nwait\n");
    describe(
        "        - {hookName: createRuntime, path: %s, timeout: 5, env: [PATH=/usr/bin:/bin]}"
            .formatted(hangs));
    Pod pod = testbed.runPod("hangs", NamespaceMode.NODE);
    String container = testbed.createContainer(pod, config(testbed, pod, "true"));
    assertThat(failure(() -> testbed.startContainer(container)).getDescription())
        .contains("createRuntime hook " + hangs, "not done after 5000 ms, killed");
    String pid = Files.readString(child).strip();
    Await.until(
        "the hook's child has ended",
        () -> testbed.node().run("test", "-d", "/proc/" + pid).exitCode() != 0);
    assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
  }
}
