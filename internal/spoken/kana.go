package spoken

import "strings"

// letters are the names of the letters.
var letters = strings.Fields("エー ビー シー ディー イー エフ ジー エイチ アイ ジェー ケー エル エム エヌ オー ピー キュー アール エス ティー " +
	"ユー ブイ ダブリュー エックス ワイ ゼット")

// How many letters of an unknown word are spelled: in a name, and in capitals. More could not be followed.
const (
	spelledInName = 10
	spelledInText = 4
)

// kanaOf is an English word in kana. It is empty for a word that Japanese does without, such as an article. known is
// false if the word can't be said.
func kanaOf(word string, spell bool) (kana string, known bool) {
	lower := strings.ToLower(word)
	if kana, known = glossary[lower]; known {
		return kana, true
	}
	for _, suffix := range []string{"s", "es", "ed", "ing"} {
		if stem, cut := strings.CutSuffix(lower, suffix); cut && glossary[stem] != "" {
			return glossary[stem], true
		}
	}
	most := 1
	switch {
	case spell:
		most = spelledInName
	case word == strings.ToUpper(word):
		most = spelledInText
	}
	if len(word) > most {
		return "", false
	}
	var b strings.Builder
	for _, c := range lower {
		if c < 'a' || c > 'z' {
			return "", false
		}
		b.WriteString(letters[c-'a'])
	}
	return b.String(), true
}

// glossary has the English words of alerts in kana, or in Japanese where that is what people say. Words that say
// nothing by themselves are empty.
var glossary = func() map[string]string {
	words := map[string]string{}
	for line := range strings.Lines(glossaryLines) {
		said, list, _ := strings.Cut(strings.TrimSpace(line), " ")
		for word := range strings.FieldsSeq(list) {
			words[word] = strings.TrimPrefix(said, "-")
		}
	}
	return words
}()

const glossaryLines = `
- a an the is are was were be been have of on in at to for from by with and or that this its it as than then please
- out has had do does can will would should
ザビックス zabbix
ナギオス nagios
テラフォーム terraform
コンサル consul
ボルト vault
トラエフィック traefik
ロキ loki
サノス thanos
ヘルム helm
アルゴ argo argocd
- var lib usr opt mnt etc tmp local
コム com
アイピー ip
ウェスト west
イースト east
セントラル central
稼働 running
毎 per
地下 basement
通知 notification
クマ kuma
アップタイム uptime
コード code
率 rate
顧客 customer
注文 order
デプロイメント deployment
容量 space
低速 slow
決済 payment payments
証明書 cert certificate certs
ディービー db
エグザンプル example
アカウント account
アクセス access
アクティブ active
アップデート update
アプリ app
アプリケーション application
アラート alert
アラートマネージャー alertmanager
イベント event
インスタンス instance
インデックス index
インフラ infra
ウェブ web
ウェブフック webhook
ウォッチドッグ watchdog
エージェント agent
エーピーアイ api
エグゼキューター executor
エラー error
エンドポイント endpoint
オフライン offline
オンライン online
カーネル kernel
カート cart
カウント count
カフカ kafka
キャッシュ cache
キュー queue
クーバネティス kubernetes kube
クライアント client
クラスター cluster
クラッシュ crash crashed crashing
クラッシュループ crashloop
クロン cron
クエリー query
グループ group
グラファナ grafana
ゲートウェイ gateway
コア core
コネクション conn
コミット commit
コントローラー controller
コンテナ container
コンシューマー consumer
サーバー server srv
サービス service svc
サイト site
サーチ search
システム system
シーピーユー cpu
ジェンキンス jenkins
ジョブ job
ショップ shop
スイッチ switch
スキーマ schema
スケジューラー scheduler
ステージング staging stage
ステータス status
ストア store
ストリーム stream
ストレージ storage
スレッド thread
スワップ swap
セッション session
センサー sensor
ゾーン zone
ターゲット target
タイムアウト timeout timed
タスク task
チェック check
チェックアウト checkout
ディスク disk
ディーエヌエス dns
データ data
データベース database
テーブル table
テスト test testing
デーモン daemon
デプロイ deploy
デバイス device
デッドロック deadlock
トークン token
トピック topic
トラフィック traffic
トランザクション transaction
ドッカー docker
ドメイン domain
ナット nat
ネームスペース namespace
ネットワーク network net
ノード node
バーチャル virtual
バージョン version
バックアップ backup
バックエンド backend
バックログ backlog
バッチ batch
バッテリー battery
パーティション partition
パイプライン pipeline
パケット packet
パスワード password
パブリック public
ファイアウォール firewall
ファイル file
ファイルシステム filesystem fs
フロント front
フロントエンド frontend
プール pool
プッシュ push
プライマリー primary
プロキシ proxy
プロセス process
プロダクション production prod
プロメテウス prometheus
プローブ probe
プロデューサー producer
ページ page
ヘルス health
ヘルスチェック healthcheck
ベータ beta
ポート port
ポストグレス postgres postgresql postgre pg
ポッド pod
ポイント point
ボリューム volume
ホスト host hostname
ホーム home
マスター master
マウント mount mountpoint
マイエスキューエル mysql
マリアディービー mariadb
メイン main
メール mail email
メッセージ message
メトリクス metric
メモリー memory mem
モニター monitor monitoring
モンゴ mongo mongodb
ユーザー user
ライブ live
ラグ lag
ラック rack
ラビットエムキュー rabbitmq
ランナー runner
リーダー leader
リクエスト request req
リスタート restart restarted restarting
リソース resource
リトライ retry retries
リバランス rebalance
リビジョン revision
リモート remote
ルーター router
ループ loop looping
レイテンシー latency
レコード record
レジストリ registry
レディス redis
レプリカ replica
レプリケーション replication
レポート report
ロードバランサー loadbalancer
ロード load
ログ log
ログイン login
ロック lock locked
ワーカー worker
エンジンエックス nginx
アパッチ apache
エラスティックサーチ elasticsearch
ギットラブ gitlab
ギットハブ github
アクション action
ジェイブイエム jvm
ビーエムシー bmc
アールディーエス rds
エスキューエル sql
エスエスエイチ ssh
ティーエルエス tls
エスエスエル ssl
エイチティーティーピー http https
リナックス linux
ウィンドウズ windows
ベンチ bench
デブ dev
ユアールエル url
停止 down stopped stop dead
復旧 up recovered recover
満杯 full
空き free available avail
残り left remaining
不足 shortage insufficient
メモリー不足 oom
強制終了 killed kill oomkilled
使用率 usage utilization utilisation
使用量 used use using
失敗 fail failed failing failure failures
成功 success succeeded successful
高い high higher
低い low lower
長い long
遅い slowly
速い fast
多い many much
少ない few less
大きい large big
危険 danger critical
重大 severe major
警告 warning warn
情報 info
緊急 emergency urgent
異常 unhealthy abnormal anomaly bad
正常 healthy normal ok okay good
不明 unknown
不可 unable
ノー no
ノット not
欠落 missing absent
電話 phone call
ほか more other others
到達不能 unreachable unreached
利用不可 unavailable
拒否 refused denied rejected reject
切断 disconnected disconnect reset
接続 connect connected connection connections connecting
期限切れ expired
期限 expire expires expiring expiry expiration
キー key
夜間 nightly
インポート import
超過 exceeded exceeds exceed over
未満 below under
以上 above
待ち wait waits waiting pending
応答 answer answers response responds responding reply
応答時間 responsetime
温度 temperature temp
湿度 humidity
電源 power
漏れ leak
水 water
煙 smoke
火災 fire
侵入 intrusion
ドア door
窓 window
開 open opened
閉 closed close
部屋 room
東京 tokyo
大阪 osaka
秒 second seconds sec
分 minute minutes min
時間 hour hours time
日 day days
件 items entries
永続 persistent
満杯間近 filling
不一致 mismatch mismatched
レディ ready
上限 limit limits maxed
割り当て quota
制限 throttling throttled throttle
ほぼ almost nearly
時計 clock
ずれ skew drift
検出 detected detect found
レイド raid
縮退 degraded
数 number
受信 receive received inbound
送信 transmit transmitted sent send outbound
ルール rule
再読み込み reload
イーティーシーディー etcd
メンバー member
ブラックボックス blackbox
まもなく soon
システムディー systemd
ステートフルセット statefulset
デーモンセット daemonset
アイノード inode
設定 config configuration setting
ロールアウト rollout
停滞 stuck stalled
イメージ image
バックオフ backoff
退避 evicted
発生 firing alerting triggered
問題 problem trouble issue
トリガー trigger
消失 lost loss
破棄 dropped drop
しきい値 threshold
最大 max maximum
最小 minimum
平均 average avg mean
合計 total sum
サイズ size
比率 ratio
値 value
現在 current currently
状態 state condition
オフィス office
注意 attention caution
自動 automatic auto
手動 manual
開始 start started starting begin began
終了 end ended finished finish exited
完了 done complete completed
読み込み read reads
書き込み write writes
外部 external
内部 internal
国 country
地域 region area
ルート root route
検索 lookup
名前 name
番号 id
回 times
今 now
最後 last
新しい new
古い old stale
壊れた broken corrupt corrupted
再起動 reboot rebooted
同期 sync synced synchronization
遅れ behind delayed delay late
パーセント percent percentage
バイト byte bytes
ドット dot
`
