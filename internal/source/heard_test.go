package source

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// heard is what a phone says of the bodies in testdata/senders: those that senders make by their default
// configurations, or by the ones of docs/connect. Whoever has nothing but this text knows what is broken, and where.
var heard = []struct {
	file              string
	source            Kind
	english, japanese string
}{
	{"alertmanager_bare", Alertmanager,
		"Alert from Alertmanager. Postgres Down on db 01.",
		"アラートマネージャーから、警報です。ディービー 01で、ポストグレスが停止しています。"},
	{"alertmanager_cert", Alertmanager,
		"Warning from Alertmanager. Blackbox SSL certificate will expire soon on shop. SSL certificate expires in " +
			"less than 20 days.",
		"アラートマネージャーから、警告です。ショップで、ブラックボックス エスエスエル証明書の期限がまもなく切れます。"},
	{"alertmanager_cpu", Alertmanager,
		"Notice from Alertmanager. Processes experience elevated CPU throttling on checkout.",
		"アラートマネージャーから、お知らせです。チェックアウトで、シーピーユー制限が高くなっています。詳しくは、画面で確認してください。"},
	{"alertmanager_errors", Alertmanager,
		"Critical alert. High request error rate on checkout. Error rate is 12.5 percent, threshold 5 percent, for " +
			"the last 5 minutes.",
		"緊急の警報です。チェックアウトで、リクエスト エラー率が高くなっています。エラー率が12.5パーセントです。"},
	{"alertmanager_etcd", Alertmanager,
		"Critical alert from Alertmanager. etcd cluster has insufficient number of members. etcd cluster etcd, " +
			"insufficient members, 1.",
		"アラートマネージャーから、緊急の警報です。イーティーシーディー クラスターのメンバーの数が不足しています。"},
	{"alertmanager_filesystem", Alertmanager,
		"Critical alert from Alertmanager. Filesystem has less than 3 percent space left on db 01.",
		"緊急の警報です。ディービー 01で、ファイルシステムの空き容量が3パーセント未満です。"},
	{"alertmanager_instance", Alertmanager,
		"Critical alert from Alertmanager. Instance 10 dot 0 dot 3 dot 17 down.",
		"アラートマネージャーから、緊急の警報です。インスタンス 10ドット0ドット3ドット17が停止しています。"},
	{"alertmanager_memory", Alertmanager,
		"Warning from Alertmanager. Host out of memory, instance db 01. Node memory is filling up, less than 10 " +
			"percent left.",
		"警告です。ホストがメモリー不足です。インスタンス ディービー 01です。ノード メモリーの空きが少なくなっています。"},
	{"alertmanager_node", Alertmanager,
		"Warning. Node is not ready on ip 10 0 1 23. ip 10 0 1 23 has been unready for more than 15 minutes on cluster.",
		"警告です。アイピー 10 0 1 23で、ノードの準備ができていません。詳しくは、画面で確認してください。"},
	{"alertmanager_pod", Alertmanager,
		"Warning. Pod is crash looping on checkout. Pod shop checkout, checkout, is in waiting state, reason, Crash " +
			"Loop Back Off, on cluster.",
		"アラートマネージャーから、警告です。チェックアウトで、ポッドがクラッシュを繰り返しています。詳しくは、画面で確認してください。"},
	{"alertmanager_probe", Alertmanager,
		"Critical alert from Alertmanager. Blackbox probe failed on shop.",
		"アラートマネージャーから、緊急の警報です。ショップで、ブラックボックス プローブが失敗しました。"},
	{"alertmanager_replicas", Alertmanager,
		"Warning from Alertmanager. Deployment has not matched the expected number of replicas on checkout.",
		"警告です。チェックアウトで、デプロイメントのレプリカ数が想定と異なります。詳しくは、画面で確認してください。"},
	{"alertmanager_targets", Alertmanager,
		"Warning. One or more targets are unreachable on checkout api. 100 percent of the checkout api checkout api " +
			"targets in shop namespace are down.",
		"アラートマネージャーから、警告です。チェックアウト エーピーアイで、ターゲットに接続できません。"},
	{"alertmanager_watchdog", Alertmanager,
		"Notice from Alertmanager. An alert that should always be firing to certify that Alertmanager is working properly.",
		"アラートマネージャーから、お知らせです。ウォッチドッグです。詳しくは、画面で確認してください。"},
	{"apprise", JSON,
		"Alert. Backup failed. rsync on db 01 exited with code 23.",
		"警報です。バックアップが失敗しました。詳しくは、画面で確認してください。"},
	{"checkmk", JSON,
		"Critical alert. db 01 Filesystem CRITICAL.",
		"緊急の警報です。ディービー 01 ファイルシステム危険です。詳しくは、画面で確認してください。"},
	{"gatus", JSON,
		"Alert. core checkout. health check failed 3 times in a row.",
		"警報です。コア チェックアウトです。ヘルス チェックが続けて3回失敗しました。"},
	{"grafana_bare", Grafana,
		"Alert from Grafana. CPU of the web servers on web 02.",
		"グラファナから、警報です。ウェブ サーバーのシーピーユーです。対象は、ウェブ 02です。"},
	{"grafana_nodata", Grafana,
		"Alert from Grafana. No data for Orders per minute.",
		"グラファナから、警報です。1分あたりの注文のデータがありません。"},
	{"grafana_opsgenie", Opsgenie,
		"Warning. CPU of the web servers Infra, web 02.",
		"警告です。ウェブ サーバー インフラのシーピーユー、ウェブ 02です。"},
	{"grafana_pagerduty", PagerDuty,
		"Critical alert. CPU of the web servers Infra, web 02.",
		"緊急の警報です。ウェブ サーバー インフラのシーピーユー、ウェブ 02です。"},
	{"grafana_test", Grafana,
		"Alert from Grafana. Notification test on Grafana.",
		"グラファナから、警報です。通知 テストです。対象は、グラファナです。"},
	{"healthchecks", JSON,
		"Alert. Backup of db 01 is down.",
		"警報です。ディービー 01のバックアップが停止しています。"},
	{"home_assistant", JSON,
		"Critical alert. Water leak. The sensor in the basement is wet.",
		"緊急の警報です。水漏れです。地下のセンサーが濡れています。"},
	{"kuma_certificate", UptimeKuma,
		"Alert from Uptime Kuma. Shop server certificate CN shop will expire in 7 days.",
		"アップタイムクマから、警報です。ショップ サーバー証明書 シーエヌ ショップの期限が、あと7日で切れます。"},
	{"kuma_oncall", OnCall,
		"Alert. Shop is down. timeout of 48 seconds exceeded.",
		"警報です。ショップが停止しています。48秒でタイムアウトしました。"},
	{"kuma_port", UptimeKuma,
		"Alert from Uptime Kuma. Postgres, db 01, is down. connection timed out at 10 dot 0 dot 0 dot 5.",
		"警報です。ポストグレス、ディービー 01が停止しています。10ドット0ドット0ドット5への接続がタイムアウトしました。"},
	{"kuma_status", UptimeKuma,
		"Alert from Uptime Kuma. Shop is down. Request failed with status code 503.",
		"アップタイムクマから、警報です。ショップが停止しています。リクエストがコード 503で失敗しました。"},
	{"kuma_up", UptimeKuma,
		"Recovery notice from Uptime Kuma. Shop is up. 200, OK.",
		"アップタイムクマから、次の件が解消したお知らせです。ショップが復旧しました。200、正常です。"},
	{"librenms", JSON,
		"Critical alert. Alert for device core sw 01, Device Down. Due to no ICMP response. Device core sw 01 is down.",
		"緊急の警報です。コア エスダブリュー 01で、デバイスが停止しています。アイシーエムピー応答がないためです。"},
	{"shoutrrr", JSON,
		"Alert. Watchtower. Could not update container shop web 1, pull access denied.",
		"警報です。詳しくは、画面で確認してください。"},
	{"zabbix", JSON,
		"Alert. Zabbix agent is not available, for 3 minutes on db 01.",
		"警報です。ディービー 01で、ザビックス エージェントが利用できません。3分にわたって続いています。"},
	{"zabbix_disk", JSON,
		"Alert. Disk space is critically low, used more than 90 percent on db 01.",
		"警報です。ディービー 01で、ディスク容量が少なくなっています。使用量 90パーセント超です。"},
}

// TestConnectPagesQuote holds what the pages for each sender quote against what is heard.
func TestConnectPagesQuote(t *testing.T) {
	known := map[string]bool{}
	for _, c := range heard {
		known[c.english], known[c.japanese] = true, true
	}
	for _, c := range spokenOf(t) {
		known[c.english], known[c.japanese] = true, true
	}
	pages, err := filepath.Glob("../../docs/connect/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("there are no pages", err)
	}
	for _, name := range pages {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if quote, ok := strings.CutPrefix(strings.TrimSpace(line), "> "); ok && !known[quote] {
				t.Errorf("%s quotes what nobody hears: %s", name, quote)
			}
		}
	}
}

func TestDefaultsAreHeard(t *testing.T) {
	var files []string
	for _, c := range heard {
		files = append(files, c.file+".json")
		t.Run(c.file, func(t *testing.T) {
			e, err := Read(c.source, file(t, filepath.Join("senders", c.file+".json")))
			if err != nil {
				t.Fatal(err)
			}
			for language, want := range map[string]string{"en-US": c.english, "ja-JP": c.japanese} {
				said, in := Words(e, language)
				if said != want || in != language {
					t.Errorf("%s:\n got %s\nwant %s", in, said, want)
				}
				soundSpeech(t, said, in)
			}
		})
	}
	entries, err := os.ReadDir("testdata/senders")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !slices.Contains(files, entry.Name()) {
			t.Errorf("nobody hears %s", entry.Name())
		}
	}
}
