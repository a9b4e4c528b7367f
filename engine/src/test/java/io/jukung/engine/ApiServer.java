package io.jukung.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsResponse;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.CreateVolumeRequest;
import io.jukung.client.v1.CreateVolumeResponse;
import io.jukung.client.v1.ImagesGrpc;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.ListNetworksResponse;
import io.jukung.client.v1.ListVolumesResponse;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.NetworksGrpc;
import io.jukung.client.v1.ResolveResponse;
import io.jukung.client.v1.StatPathResponse;
import io.jukung.client.v1.Volume;
import io.jukung.client.v1.VolumesGrpc;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.CreateContainerResponse;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.ListImagesResponse;
import io.jukung.cri.v1.RunPodSandboxResponse;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.engine.container.Removal;
import io.jukung.engine.daemon.AnsweringDaemon;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.EventHub;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.AskedParameters;
import io.jukung.engine.http.ServedRoutes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * All routes of the engine, served over real HTTP, in front of a daemon that has the containers web
 * and db, an image, a volume and each network that is asked for.
 */
final class ApiServer implements AutoCloseable {
  private static final String IMAGE = "sha256:" + "e".repeat(64);
  private static final String MADE = "d".repeat(64);
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\nContent-Length: (\\d+)\r\n");

  final AnsweringDaemon fake;
  final AskedParameters asked = new AskedParameters();
  private final Daemon daemon;
  private final EventHub events;
  private final ServedRoutes server;

  /** What came back: a body only if its length was said. */
  record Answer(int status, String head, String body) {}

  ApiServer(Path directory) throws IOException {
    fake = new AnsweringDaemon(directory.resolve("daemon"));
    daemon = Daemon.at(directory.resolve("daemon"));
    events = new EventHub(daemon);
    answerContainers(Files.createFile(directory.resolve("log")));
    answerTheRest();
    server =
        ServedRoutes.on(
            directory.resolve("engine"),
            asked.watching(
                Engine.routes(
                    daemon,
                    new Lookup(daemon),
                    events,
                    new Removal(daemon, _ -> {}),
                    directory,
                    _ -> {})));
  }

  private static Container container(String name, String digit) {
    return Container.newBuilder()
        .setId(digit.repeat(64))
        .setMetadata(ContainerMetadata.newBuilder().setName(name))
        .setState(ContainerState.CONTAINER_RUNNING)
        .setImageId("sha256:" + "9".repeat(64))
        .putLabels(OwnContainers.LABEL, name)
        .build();
  }

  private void answerContainers(Path log) {
    Container web = container("web", "a");
    fake.answer(
        RuntimeServiceGrpc.getListContainersMethod(),
        ListContainersResponse.newBuilder()
            .addContainers(web)
            .addContainers(container("db", "b"))
            .build());
    fake.answer(
        RuntimeServiceGrpc.getContainerStatusMethod(),
        ContainerStatusResponse.newBuilder()
            .setStatus(
                ContainerStatus.newBuilder()
                    .setId(web.getId())
                    .setMetadata(web.getMetadata())
                    .setState(ContainerState.CONTAINER_RUNNING)
                    .setLogPath(log.toString()))
            .putInfo("info", "{\"record\":{\"stdin\":true,\"tty\":false}}")
            .build());
    fake.answer(
        ContainersGrpc.getConditionsMethod(),
        ConditionsResponse.newBuilder()
            .addConditions(Condition.newBuilder().setContainerId("a".repeat(64)))
            .addConditions(Condition.newBuilder().setContainerId("b".repeat(64)))
            .build());
    fake.answer(
        RuntimeServiceGrpc.getRunPodSandboxMethod(),
        RunPodSandboxResponse.newBuilder().setPodSandboxId("c".repeat(64)).build());
    fake.answer(
        RuntimeServiceGrpc.getCreateContainerMethod(),
        CreateContainerResponse.newBuilder().setContainerId(MADE).build());
  }

  private void answerTheRest() {
    Image image = Image.newBuilder().setId(IMAGE).addRepoTags("docker.io/library/x:latest").build();
    fake.answer(
        ImageServiceGrpc.getListImagesMethod(),
        ListImagesResponse.newBuilder().addImages(image).build());
    fake.answer(
        ImageServiceGrpc.getImageStatusMethod(),
        ImageStatusResponse.newBuilder()
            .setImage(image)
            .putInfo("info", "{\"imageSpec\":{\"config\":{\"Cmd\":[\"sh\"]}}}")
            .build());
    fake.answer(
        NetworksGrpc.getListNetworksMethod(),
        request -> {
          String name = ((ListNetworksRequest) request).getNetwork();
          Network.Builder network = Network.newBuilder().setName(name).setId(name + "-id");
          return ListNetworksResponse.newBuilder().addNetworks(network).build();
        });
    Volume volume = Volume.newBuilder().setName("vol").setMountpoint("/volumes/vol").build();
    fake.answer(
        VolumesGrpc.getListVolumesMethod(),
        ListVolumesResponse.newBuilder().addVolumes(volume).build());
    fake.answer(
        VolumesGrpc.getCreateVolumeMethod(),
        request -> {
          String name = ((CreateVolumeRequest) request).getName();
          return CreateVolumeResponse.newBuilder()
              .setVolume(volume.toBuilder().setName(name).setMountpoint("/volumes/" + name))
              .build();
        });
    fake.answer(
        ContainersGrpc.getStatPathMethod(),
        StatPathResponse.newBuilder()
            .setExists(true)
            .setMode(040755)
            .setLinkTarget(ByteString.EMPTY)
            .build());
    fake.answer(
        ImagesGrpc.getResolveMethod(),
        ResolveResponse.newBuilder()
            .setMediaType("application/vnd.oci.image.manifest.v1+json")
            .setDigest("sha256:" + "f".repeat(64))
            .setSize(7)
            .addAllPlatforms(List.of("linux/amd64", "linux/arm/v7"))
            .build());
  }

  /** Sends a request, and reads its answer as far as its length was said. */
  Answer send(String method, String target, Map<String, String> headers, String body)
      throws IOException {
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: x\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    head.append("Connection: close\r\nContent-Length: " + body.getBytes(UTF_8).length);
    head.append("\r\n\r\n").append(body);
    try (SocketChannel client = server.connect()) {
      ByteBuffer bytes = ByteBuffer.wrap(head.toString().getBytes(UTF_8));
      while (bytes.hasRemaining()) {
        client.write(bytes);
      }
      InputStream in = Channels.newInputStream(client);
      String answer = head(in);
      Matcher length = LENGTH.matcher(answer);
      int status = Integer.parseInt(answer.substring(9, 12));
      boolean whole = length.find() && !method.equals("HEAD");
      return new Answer(
          status,
          answer,
          whole ? new String(in.readNBytes(Integer.parseInt(length.group(1))), UTF_8) : "");
    }
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(UTF_8).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the server ended the connection: " + head.toString(UTF_8));
      }
      head.write(next);
    }
    return head.toString(UTF_8);
  }

  /**
   * What the daemon was asked since {@link AnsweringDaemon#requests} was cleared, as text that two
   * requests for the same thing have in common. The engine's own record of a container has all
   * fields, also those that nothing else reads, so only what the engine reads of it is kept.
   */
  String toldToTheDaemon() {
    StringBuilder told = new StringBuilder();
    for (Message each : fake.requests) {
      if (each instanceof ContainerStatusRequest late && late.getContainerId().equals(MADE)) {
        continue; // whether a container that was made some time ago was started
      }
      told.append(each.getDescriptorForType().getName()).append('\n');
      if (each instanceof CreateContainerRequest request) {
        CreateContainerRequest.Builder without = request.toBuilder();
        String all = request.getConfig().getAnnotationsOrDefault("io.jukung.docker", "");
        without.getConfigBuilder().removeAnnotations("io.jukung.docker");
        told.append(without.build()).append(all.contains("\"AutoRemove\":true"));
      } else {
        told.append(each);
      }
    }
    return told.toString()
        .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")
        .replaceAll("login\\d+", "login")
        .replaceAll("host_port: [2-6]\\d{4}", "host_port: free");
  }

  @Override
  public void close() throws Exception {
    server.close();
    events.close();
    daemon.close();
    fake.close();
  }
}
