package io.jukung.engine.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.client.v1.BuildOptions;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Query;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BuildParametersTest {
  private static BuildOptions options(String parameters) {
    return BuildParameters.options(new Query("/build?" + parameters)).build();
  }

  @Test
  void everythingThatDockersClientSendsByDefaultIsABuildWithoutOptions() {
    BuildOptions options =
        options(
            "buildargs=%7B%7D&cachefrom=%5B%5D&cgroupparent=&cpuperiod=0&cpuquota=0&cpusetcpus="
                + "&cpusetmems=&cpushares=0&dockerfile=Dockerfile&labels=%7B%7D&memory=0&memswap=0"
                + "&networkmode=default&rm=1&shmsize=0&target=&ulimits=null&version=1");
    assertThat(options)
        .isEqualTo(BuildOptions.newBuilder().setDockerfilePath("Dockerfile").build());
  }

  @Test
  void parametersBecomeTheOptionsOfTheDaemon() {
    BuildOptions options =
        options(
            "t=a&t=b:1&dockerfile=x/D&target=s&nocache=1&pull=1&networkmode=host"
                + "&buildargs=%7B%22A%22%3A%22b%22%2C%22NONE%22%3Anull%7D"
                + "&labels=%7B%22k%22%3A%22v%22%7D&cachefrom=%5B%22c%3A1%22%5D");
    assertThat(options)
        .isEqualTo(
            BuildOptions.newBuilder()
                .addTags("a")
                .addTags("b:1")
                .setDockerfilePath("x/D")
                .setTarget("s")
                .setNoCache(true)
                .setPull(true)
                .setNetwork("host")
                .putAllArguments(Map.of("A", "b"))
                .putAllLabels(Map.of("k", "v"))
                .addCacheFrom("c:1")
                .build());
  }

  @Test
  void whatCannotBeReadOrDoneIsNamed() {
    assertThatThrownBy(() -> options("labels=%5B%5D"))
        .isInstanceOf(HttpError.class)
        .hasMessageContaining("labels");
    assertThatThrownBy(() -> options("buildargs=%7B%22A%22%3A1%7D"))
        .isInstanceOf(HttpError.class)
        .hasMessageContaining("the value of A");
    assertThatThrownBy(() -> options("extrahosts=a:1.2.3.4"))
        .isInstanceOf(HttpError.class)
        .hasMessageContaining("extrahosts");
    assertThatThrownBy(() -> options("memory=many"))
        .isInstanceOf(HttpError.class)
        .hasMessageContaining("memory");
  }
}
