package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Message;
import io.grpc.Status;
import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.CheckpointContainerRequest;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.CreateContainerResponse;
import io.jukung.cri.v1.Device;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.KeyValue;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PortForwardRequest;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.ReopenContainerLogRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxResponse;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.cri.v1.UpdatePodSandboxResourcesRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sends text that nobody expects in every field of text of every request of CRI. */
@ExtendWith(Testbed.Extension.class)
@Timeout(900)
class RequestFuzzIT {
  private static final Map<String, ByteString> TEXTS = new LinkedHashMap<>();

  static {
    TEXTS.put("a zero byte", ByteString.copyFromUtf8("a\0b"));
    TEXTS.put("a line break", ByteString.copyFromUtf8("a\nb"));
    TEXTS.put("an escape", ByteString.copyFromUtf8("a\u001b[31mb"));
    TEXTS.put("65 bytes", ByteString.copyFromUtf8("h".repeat(65)));
    TEXTS.put("4 KiB", ByteString.copyFromUtf8("k".repeat(4096)));
    TEXTS.put("1 MiB", ByteString.copyFromUtf8("m".repeat(1 << 20)));
    TEXTS.put("text from right to left", ByteString.copyFromUtf8("a\u202eb"));
    TEXTS.put("what is not UTF-8", ByteString.copyFrom(new byte[] {'a', (byte) 0xff, 'b'}));
    TEXTS.put("the parent directory", ByteString.copyFromUtf8(".."));
    TEXTS.put("a path upwards", ByteString.copyFromUtf8("/../../../../etc"));
  }

  /** Names of fields that a message may leave out: they only lead to the field itself. */
  private static final Set<String> WAYS = Set.of("config", "linux", "security_context", "filter");

  /** Every line of the daemon's log begins with its time. */
  private static final String LOG_LINE = "\\d{4}-\\d{2}-\\d{2}T.*";

  private final AtomicInteger next = new AtomicInteger();

  /** What the valid requests are about. */
  private record Stage(Testbed testbed, Pod pod, String container, Path directory) {}

  private static List<MethodDescriptor> methods() {
    return RunPodSandboxRequest.getDescriptor().getFile().getServices().stream()
        .flatMap(service -> service.getMethods().stream())
        .toList();
  }

  private static void textFields(Descriptor type, String path, List<String> result) {
    for (FieldDescriptor field : type.getFields()) {
      String name = path.isEmpty() ? field.getName() : path + "." + field.getName();
      if (field.isMapField()
          || field.getJavaType() == JavaType.STRING
          || field.getJavaType() == JavaType.BYTE_STRING) {
        result.add(name);
      } else if (field.getJavaType() == JavaType.MESSAGE) {
        textFields(field.getMessageType(), name, result);
      }
    }
  }

  /** A valid request, with a first element in each list whose elements need several fields. */
  private Message valid(MethodDescriptor method, String path, Stage stage) throws Exception {
    Testbed testbed = stage.testbed();
    String unique = "fuzz-" + next.incrementAndGet();
    return switch (method.getName()) {
      case "RunPodSandbox" -> {
        // A network of its own takes longer, so only fields that it depends on get one.
        boolean network =
            Stream.of("metadata", "port_mappings", "annotations", "hostname")
                .anyMatch(path::contains);
        PodSandboxConfig.Builder config =
            testbed.podConfig(unique, network ? NamespaceMode.POD : NamespaceMode.NODE);
        if (path.contains("port_mappings")) {
          config.addPortMappingsBuilder().setContainerPort(80).setHostPort(18_080);
        }
        if (path.contains("profile")) {
          config.getLinuxBuilder().getSecurityContextBuilder();
        }
        if (path.endsWith("seccomp.localhost_ref")) {
          config
              .getLinuxBuilder()
              .getSecurityContextBuilder()
              .getSeccompBuilder()
              .setProfileType(ProfileType.Localhost);
        }
        yield RunPodSandboxRequest.newBuilder().setConfig(config).build();
      }
      case "CreateContainer" ->
          CreateContainerRequest.newBuilder()
              .setPodSandboxId(stage.pod().id())
              .setConfig(container(unique, path, stage))
              .setSandboxConfig(stage.pod().config())
              .build();
      case "ExecSync" ->
          ExecSyncRequest.newBuilder()
              .setContainerId(stage.container())
              .addCmd("true")
              .setTimeout(10)
              .build();
      case "Exec" ->
          ExecRequest.newBuilder()
              .setContainerId(stage.container())
              .addCmd("true")
              .setStdout(true)
              .build();
      case "Attach" ->
          AttachRequest.newBuilder().setContainerId(stage.container()).setStdout(true).build();
      case "PortForward" ->
          PortForwardRequest.newBuilder().setPodSandboxId(stage.pod().id()).build();
      case "ReopenContainerLog" ->
          ReopenContainerLogRequest.newBuilder().setContainerId(stage.container()).build();
      case "UpdateContainerResources" ->
          UpdateContainerResourcesRequest.newBuilder().setContainerId(stage.container()).build();
      case "UpdatePodSandboxResources" ->
          UpdatePodSandboxResourcesRequest.newBuilder().setPodSandboxId(stage.pod().id()).build();
      case "CheckpointContainer" ->
          CheckpointContainerRequest.newBuilder()
              .setContainerId(stage.container())
              .setLocation(stage.directory().resolve("checkpoint.tar").toString())
              .build();
      case "PullImage" ->
          PullImageRequest.newBuilder().setImage(Requests.image(testbed.busybox())).build();
      default -> RawCalls.empty(method);
    };
  }

  private static ContainerConfig container(String name, String path, Stage stage) {
    ContainerConfig.Builder config =
        Requests.container(
            stage.pod().config(), name, stage.testbed().busybox(), List.of("sleep", "1000"));
    if (path.contains("mounts")) {
      config.addMounts(
          path.contains("image")
              ? Mount.newBuilder()
                  .setContainerPath("/mnt")
                  .setReadonly(true)
                  .setImage(Requests.image(stage.testbed().busybox()))
              : Mount.newBuilder()
                  .setContainerPath("/mnt")
                  .setHostPath(stage.directory().toString()));
    }
    if (path.contains("devices")) {
      config.addDevices(
          Device.newBuilder()
              .setContainerPath("/dev/null2")
              .setHostPath("/dev/null")
              .setPermissions("rw"));
    }
    if (path.contains("envs")) {
      config.addEnvs(KeyValue.newBuilder().setKey("NAME").setValue(ByteString.copyFromUtf8("v")));
    }
    if (path.endsWith("seccomp.localhost_ref")) {
      config
          .getLinuxBuilder()
          .getSecurityContextBuilder()
          .getSeccompBuilder()
          .setProfileType(ProfileType.Localhost);
    }
    return config.build();
  }

  @Test
  void everyTextInEveryFieldHasAnAnswerThatIsNoFaultOfTheDaemon(Testbed testbed) throws Exception {
    Path directory = Files.createDirectories(testbed.node().directory().resolve("fuzz"));
    Pod pod = testbed.runPod("target", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "target", List.of("sleep", "100000"));
    Stage stage = new Stage(testbed, pod, container, directory);
    int logged = testbed.daemon().log().length();
    List<String> wrong = new ArrayList<>();
    int sent = 0;
    try (RawCalls calls = new RawCalls(testbed.daemon().socket())) {
      for (MethodDescriptor method : methods()) {
        List<String> fields = new ArrayList<>();
        textFields(method.getInputType(), "", fields);
        for (String field : fields) {
          for (Map.Entry<String, ByteString> text : TEXTS.entrySet()) {
            Message request = RawCalls.with(valid(method, field, stage), field, text.getValue());
            RawCalls.Answer answer = calls.call(method, request.toByteArray());
            sent++;
            problem(field, answer.status())
                .forEach(
                    what ->
                        wrong.add(
                            method.getName()
                                + " "
                                + field
                                + " with "
                                + text.getKey()
                                + ": "
                                + what));
            undo(stage, method, answer);
          }
        }
      }
    }
    System.out.println(sent + " requests were sent");
    assertThat(wrong).isEmpty();
    assertThat(sent).isGreaterThan(1000);
    assertThat(testbed.exec(container, "true").getExitCode()).as("the container runs on").isZero();
    assertThat(testbed.daemon().log().substring(logged).lines())
        .allMatch(line -> line.matches(LOG_LINE))
        .noneMatch(line -> line.chars().anyMatch(c -> c < ' ' || c == '\u202e'));
  }

  private static List<String> problem(String field, Status status) {
    String description = String.valueOf(status.getDescription());
    String shown =
        status.getCode() + " " + description.substring(0, Math.min(300, description.length()));
    return switch (status.getCode()) {
      case INTERNAL, UNKNOWN, DEADLINE_EXCEEDED, CANCELLED -> List.of(shown);
      case INVALID_ARGUMENT -> {
        boolean named =
            Stream.of(field.split("\\.", -1))
                .filter(name -> !WAYS.contains(name))
                .anyMatch(description::contains);
        yield named || description.contains("not valid UTF-8")
            ? List.of()
            : List.of("the field is not named: " + shown);
      }
      default -> List.of();
    };
  }

  /** Starts what was created, and removes it again. */
  private static void undo(Stage stage, MethodDescriptor method, RawCalls.Answer answer)
      throws Exception {
    byte[] message = answer.message();
    if (message == null) {
      return;
    }
    switch (method.getName()) {
      case "RunPodSandbox" -> {
        String id = RunPodSandboxResponse.parseFrom(message).getPodSandboxId();
        stage.testbed().stopPod(id);
        stage.testbed().removePod(id);
      }
      case "CreateContainer" ->
          stage
              .testbed()
              .removeContainer(CreateContainerResponse.parseFrom(message).getContainerId());
      default -> {}
    }
  }
}
