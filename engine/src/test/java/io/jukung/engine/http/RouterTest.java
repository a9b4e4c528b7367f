package io.jukung.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouterTest {
  private static final Handler LIST = _ -> {};
  private static final Handler ONE = _ -> {};
  private static final Handler IMAGE = _ -> {};
  private static final Handler NEW = _ -> {};

  private final Router router =
      new Router()
          .get("/containers/json", LIST)
          .get("/containers/{id}/json", ONE)
          .get("/images/{name}/json", IMAGE)
          .add(new Route("GET", "/new", new ApiVersion(1, 48), NEW));

  @Test
  void nameOfAnImageMayHaveSlashes() {
    Router.Found found = router.find("GET", "/v1.44/images/registry:5000/a/b:1/json");
    assertThat(found.handler()).isSameAs(IMAGE);
    assertThat(found.parameters()).containsEntry("name", "registry:5000/a/b:1");
    assertThat(found.version()).isEqualTo(new ApiVersion(1, 44));
  }

  @Test
  void idHasNoSlashes() {
    assertThat(router.find("GET", "/containers/abc/json").parameters()).containsEntry("id", "abc");
    assertThatThrownBy(() -> router.find("GET", "/containers/a/b/json"))
        .isInstanceOfSatisfying(HttpError.class, e -> assertThat(e.status()).isEqualTo(404));
  }

  @Test
  void requestWithoutVersionGetsTheNewestOne() {
    Router.Found found = router.find("GET", "/containers/json");
    assertThat(found.handler()).isSameAs(LIST);
    assertThat(found.version()).isEqualTo(ApiVersion.NEWEST);
  }

  @ParameterizedTest
  @CsvSource({
    "1.43, too old. Minimum supported API version is 1.44",
    "1.52, too new. Maximum supported API version is 1.51",
    "2.0, too new",
    "1, is not a version of the API",
    "1.2.3, is not a version of the API"
  })
  void versionThatIsNotServedIsRefused(String version, String reason) {
    assertThatThrownBy(() -> router.find("GET", "/v" + version + "/containers/json"))
        .isInstanceOfSatisfying(HttpError.class, e -> assertThat(e.status()).isEqualTo(400))
        .hasMessageContaining(reason);
  }

  @Test
  void routeIsThereFromItsVersionOn() {
    assertThat(router.find("GET", "/v1.48/new").handler()).isSameAs(NEW);
    assertThatThrownBy(() -> router.find("GET", "/v1.47/new")).hasMessage("page not found");
  }

  @Test
  void otherMethodIsNotFound() {
    assertThatThrownBy(() -> router.find("POST", "/containers/json")).hasMessage("page not found");
  }
}
