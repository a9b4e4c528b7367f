package io.jukung.e2e.docker;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Statistics;
import com.github.dockerjava.api.model.StreamType;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.core.InvocationBuilder;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Runs containers by docker-java, and prints a line for each thing that it has seen. Arguments: the
 * address of the engine, and an image that is not on the node.
 */
final class DockerJavaProgram {
  private static final int PATIENCE_SECONDS = 60;

  private final DockerClient docker;
  private final String image;

  private DockerJavaProgram(DockerClient docker, String image) {
    this.docker = docker;
    this.image = image;
  }

  public static void main(String[] arguments) throws Exception {
    var config =
        DefaultDockerClientConfig.createDefaultConfigBuilder().withDockerHost(arguments[0]).build();
    try (var http =
            new ZerodepDockerHttpClient.Builder().dockerHost(config.getDockerHost()).build();
        DockerClient docker = DockerClientImpl.getInstance(config, http)) {
      DockerJavaProgram program = new DockerJavaProgram(docker, arguments[1]);
      program.node();
      program.container();
      program.gone();
    }
  }

  private static void say(String what, Object seen) {
    System.out.println(what + ": " + seen);
  }

  private void node() throws InterruptedException {
    docker.pingCmd().exec();
    say("version", docker.versionCmd().exec().getApiVersion());
    say("info", docker.infoCmd().exec().getOsType());
    docker.pullImageCmd(image).start().awaitCompletion(PATIENCE_SECONDS, TimeUnit.SECONDS);
    say("image", docker.inspectImageCmd(image).exec().getOs());
  }

  private void container() throws Exception {
    String network =
        docker.createNetworkCmd().withName("java").withLabels(Map.of("a", "b")).exec().getId();
    docker.createVolumeCmd().withName("java").exec();
    String id =
        docker
            .createContainerCmd(image)
            .withName("java-one")
            .withCmd("sh", "-c", "echo out; echo err >&2; exec sleep 1000")
            .withLabels(Map.of("of", "java"))
            .withEnv("A=b")
            .withHostConfig(
                HostConfig.newHostConfig()
                    .withNetworkMode("java")
                    .withMemory(64L << 20)
                    .withBinds(com.github.dockerjava.api.model.Bind.parse("java:/data")))
            .exec()
            .getId();
    docker.startContainerCmd(id).exec();
    InspectContainerResponse seen = docker.inspectContainerCmd(id).exec();
    say("running", seen.getState().getRunning());
    say("memory", seen.getHostConfig().getMemory());
    say("network", seen.getNetworkSettings().getNetworks().keySet());
    say(
        "list",
        docker
            .listContainersCmd()
            .withLabelFilter(Map.of("of", "java"))
            .exec()
            .getFirst()
            .getState());

    try (var archive = new ByteArrayInputStream(TarBytes.of("copied", "in\n"))) {
      docker
          .copyArchiveToContainerCmd(id)
          .withTarInputStream(archive)
          .withRemotePath("/data")
          .exec();
    }
    say("exec", execute(id, "sh", "-c", "cat /data/copied; echo $A; echo err >&2; exit 4"));
    try (InputStream file = docker.copyArchiveFromContainerCmd(id, "/data/copied").exec();
        TarArchiveInputStream tar = new TarArchiveInputStream(file)) {
      say(
          "copied",
          tar.getNextEntry().getName() + " " + new String(tar.readAllBytes(), UTF_8).strip());
    }
    say("stats", stats(id).getCpuStats().getCpuUsage().getTotalUsage() > 0);
    say("top", docker.topContainerCmd(id).exec().getProcesses().length);

    docker.stopContainerCmd(id).withTimeout(0).exec();
    say(
        "wait",
        docker.waitContainerCmd(id).start().awaitStatusCode(PATIENCE_SECONDS, TimeUnit.SECONDS));
    say("log", log(id));
    docker.removeContainerCmd(id).withRemoveVolumes(true).exec();
    docker.removeVolumeCmd("java").exec();
    docker.removeNetworkCmd(network).exec();
    docker.removeImageCmd(image).exec();
  }

  /** Collects both streams, each piece after the name of its stream. */
  private static final class Output extends ResultCallback.Adapter<Frame> {
    private final StringBuilder out = new StringBuilder();
    private final StringBuilder err = new StringBuilder();

    @Override
    public void onNext(Frame frame) {
      (frame.getStreamType() == StreamType.STDERR ? err : out)
          .append(new String(frame.getPayload(), UTF_8));
    }

    List<String> lines() {
      return List.of(out.toString().replace("\n", " ").strip(), err.toString().strip());
    }
  }

  private String execute(String id, String... command) throws InterruptedException {
    String exec =
        docker
            .execCreateCmd(id)
            .withCmd(command)
            .withAttachStdout(true)
            .withAttachStderr(true)
            .exec()
            .getId();
    Output output = docker.execStartCmd(exec).exec(new Output());
    output.awaitCompletion(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return output.lines() + " " + docker.inspectExecCmd(exec).exec().getExitCodeLong();
  }

  private List<String> log(String id) throws InterruptedException {
    Output output = docker.logContainerCmd(id).withStdOut(true).withStdErr(true).exec(new Output());
    output.awaitCompletion(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return output.lines();
  }

  private Statistics stats(String id) throws Exception {
    var callback = new InvocationBuilder.AsyncResultCallback<Statistics>();
    docker.statsCmd(id).withNoStream(true).exec(callback);
    try (callback) {
      return callback.awaitResult();
    }
  }

  private void gone() {
    try {
      docker.inspectContainerCmd("java-one").exec();
    } catch (NotFoundException e) {
      say("gone", e.getHttpStatus());
    }
  }
}
