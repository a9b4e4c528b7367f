package io.jukung.runtime.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.cni.CniCommand;
import io.jukung.runtime.network.cni.CniJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the ranges that kubelet tells. */
class PodRangesTest {
  /** In the shape of the templates that are handed around for container runtimes. */
  private static final String TEMPLATE =
      """
      {"cniVersion": "1.0.0", "name": "pods", "plugins": [
        {"type": "one", "isGateway": true, "ipam": {
          "type": "host-local",
          "ranges": [{{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{"subnet": "{{$range}}"}]{{end}}],
          "routes": [{{range $i, $route := .Routes}}{{if $i}}, {{end}}{"dst": "{{$route}}"}{{end}}]}}]}
      """;

  @TempDir Path directory;
  private Path configurations;
  private Path template;
  private TestPlugins plugins;
  private PodNetwork network;

  @BeforeEach
  void open() throws IOException {
    configurations = directory.resolve("net.d");
    template = directory.resolve("template");
    Files.writeString(template, TEMPLATE);
    plugins = new TestPlugins(directory);
    plugins.answering("one", "10.0.0.1/24");
    network = network(template.toString());
  }

  @Test
  void templateIsRenderedOnANodeWithoutAConfiguration() throws IOException {
    assertThat(network.readiness().ready()).isFalse();
    network.updatePodCidrs("10.1.0.0/24, fd00:1::/64");
    assertThat(rendered().path("plugins").get(0).path("ipam").toString())
        .isEqualTo(
            "{\"type\":\"host-local\","
                + "\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"fd00:1::/64\"}]],"
                + "\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\"}]}");
    assertThat(network.readiness()).isEqualTo(new Readiness(true, "", ""));
    assertThat(network.setUp(request())).containsExactly("10.0.0.1");

    network.updatePodCidrs("10.2.0.0/24");
    assertThat(rendered().toString()).as("its own is made anew").contains("10.2.0.0/24");
  }

  @Test
  void templateIsNotRenderedWhereAnotherConfigurationExists() throws IOException {
    Files.createDirectory(configurations);
    Files.writeString(
        configurations.resolve("05-other.conflist"),
        "{\"name\": \"other\", \"cniVersion\": \"1.0.0\", \"plugins\": [{\"type\": \"one\"}]}");
    network.updatePodCidrs("10.1.0.0/24");
    assertThat(configurations.resolve("10-jukung.conflist")).doesNotExist();
  }

  @Test
  void withoutATemplateNoConfigurationIsWritten() throws IOException {
    network("").updatePodCidrs("10.1.0.0/24");
    assertThat(configurations).doesNotExist();
  }

  @Test
  void pluginsThatDeclareIpRangesGetTheRangesAfterARestartToo() throws IOException {
    Files.createDirectory(configurations);
    Files.writeString(
        configurations.resolve("05-other.conflist"),
        "{\"name\": \"other\", \"cniVersion\": \"1.0.0\", \"plugins\": ["
            + "{\"type\": \"one\", \"capabilities\": {\"ipRanges\": true}}]}");
    network.setUp(request());
    assertThat(addRequest().has("runtimeConfig")).isFalse();
    network.updatePodCidrs("10.1.0.0/24,fd00:1::/64");
    network("").setUp(request());
    assertThat(addRequest().path("runtimeConfig").toString())
        .isEqualTo(
            "{\"ipRanges\":[[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"fd00:1::/64\"}]]}");
    Files.writeString(directory.resolve("pod-cidrs.json"), "{\"version\":");
    network("").setUp(request());
    assertThat(addRequest().has("runtimeConfig")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"10.1.0.0", "10.1.0.0/33", "fd00::/129", "x/24", "10.1.0.0/24,", ",", "10.1/16"})
  void textThatIsNotARangeIsRefused(String cidr) throws IOException {
    assertThatThrownBy(() -> network.updatePodCidrs(cidr))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessageContaining("pod_cidr: not a range of addresses");
    assertThat(directory.resolve("pod-cidrs.json")).doesNotExist();
  }

  @Test
  void wrongTemplateIsReportedAndWritesNoConfiguration() throws IOException {
    Files.writeString(template, "{{if eq 1 2}}");
    refused("line 1: {{if eq 1 2}} is not known here");
    Files.writeString(template, "{\"name\": \"{{.PodCIDR}}\"}");
    refused("the rendered configuration is not a list of plugins: ");
    Files.delete(template);
    refused("NoSuchFileException");
    assertThat(configurations).doesNotExist();
  }

  private void refused(String problem) {
    assertThatThrownBy(() -> network.updatePodCidrs("10.1.0.0/24"))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
        .hasMessageStartingWith("cni.conf_template " + template + ": ")
        .hasMessageContaining(problem);
  }

  private PodNetwork network(String confTemplate) {
    return new PodNetwork(
        new Config.Cni(
            configurations,
            confTemplate,
            List.of(plugins.directory()),
            directory.resolve("cache"),
            Duration.ofSeconds(20)),
        directory.resolve("pod-cidrs.json"));
  }

  private PodNetworkRequest request() {
    return new PodNetworkRequest(
        "a", "pod", "default", "uid-1", directory.resolve("net"), List.of(), null, Map.of(), "");
  }

  private ObjectNode rendered() throws IOException {
    return CniJson.parseObject(Files.readAllBytes(configurations.resolve("10-jukung.conflist")));
  }

  private ObjectNode addRequest() throws IOException {
    return CniJson.parseObject(
        plugins.request("one", CniCommand.ADD).getBytes(StandardCharsets.UTF_8));
  }
}
