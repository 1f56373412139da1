/* What people call their columns, in English and, where they differ, German, French, Spanish,
 * Italian, Dutch and Portuguese (with and without accents), a few in Chinese and Japanese. */
#include "server/import/role/role.h"

enum { I = 1 << IMPORT_ITEMS, M = 1 << IMPORT_MEMBERS, X = 1 << IMPORT_INTERACTIONS };

const struct role_synonym role_table[] = {
    /* --- items */
    {ROLE_ID, I, 0,
     "id itemid productid movieid bookid showid listingid jobid appid songid trackid gameid recipeid "
     "articleid postid eventid courseid businessid videoid contentid documentid docid recordid "
     "animeid animeuid wineid paperid newsid offerid propertyid placeid"},
    {ROLE_ID, I, 0,
     "sku handle asin parentasin isbn13 isbn isbn10 ean ean13 upc gtin barcode mpn imdbid tmdbid "
     "tconst uid uuid guid identifier @id identifiant identificador identificativo "
     "artikelnummer artikelnr artnr articlenumber artikelid produktnummer itemnumber itemcode "
     "productcode stockcode modelnumber referencia codigo codice referentie 编号 商品编号 商品番号 番号"},
    {ROLE_ID, I, 1,
     "key code slug permalink ref reference no nr number num index rowid row unnamed0"},
    {ROLE_TITLE, I, 0,
     "title name producttitle productname itemname itemtitle booktitle movietitle jobtitle posttitle "
     "showtitle gametitle songtitle trackname songname headline listingname listingtitle "
     "eventname eventtitle coursename coursetitle recipename appname primarytitle displayname "
     "displaytitle fulltitle fullname subject itemlabel"},
    {ROLE_TITLE, I, 0,
     "titel bezeichnung produktname artikelname artikelbezeichnung artikel produkt titre nom intitule "
     "intitulé designation désignation titulo título nombre nome titolo naam productnaam denominacion "
     "denominación denominazione "
     "标题 名称 名字 商品名称 产品名称 商品名 タイトル 名前 題名"},
    {ROLE_TITLE, I, 1,
     "product item listing movie film book show song track game recipe job position vacancy wine dish "
     "course event article app model label caption role series anime originaltitle stelle produit "
     "article producto prodotto"},
    {ROLE_TEXT, I, 0,
     "text description body bodyhtml plot overview summary content abstract about details synopsis "
     "shortdescription longdescription fulldescription productdescription itemdescription "
     "jobdescription moviedescription bookdescription listingdescription contentencoded "
     "encoded bodytext maintext storyline story longtext detaileddescription abouttheproduct "
     "aboutthegame descriptionhtml bodycontent postcontent articlebody plotsummary blurb logline "
     "requirements responsibilities qualifications neighborhoodoverview excerpt snippet"},
    {ROLE_TEXT, I, 0,
     "beschreibung kurzbeschreibung langbeschreibung produktbeschreibung inhalt zusammenfassung "
     "details texte contenu resume résumé descriptif descripcion descripción resumen contenido "
     "sinopsis descrizione contenuto riassunto trama omschrijving beschrijving samenvatting inhoud "
     "descricao descrição resumo conteudo conteúdo sinopse 描述 简介 说明 内容 職位描述 説明 内容紹介 概要"},
    {ROLE_TEXT, I, 1,
     "tagline subtitle notes note comment comments features highlights space intro "
     "introduction lead teaser message review reviewtext"},
    {ROLE_TAGS, I, 0,
     "tags tag genres genre categories category producttype productcategory keywords keyword "
     "listedin topics topic labels "
     "skills amenities subjects themes theme moods mood styles steamspytags usertags bookshelves "
     "producttags productcategories hashtags interests cuisines cuisine "
     "ingredients tagnames categorynames moviegenre maingenre majorgenre primarygenre listgenres "
     "shelves diets occasions varieties productcategoryname googleproductcategory"},
    {ROLE_TAGS, I, 0,
     "schlagworte schlagwörter stichworte stichwörter kategorie kategorien rubrik rubriken sparte "
     "motscles motsclés etiquettes étiquettes catégorie catégories etiquetas categoria categorias "
     "categoría categorías genero generos género géneros palabrasclave categorie etichette genere "
     "generi parolechiave trefwoorden labels gênero gêneros palavraschave 标签 类别 分类 タグ ジャンル カテゴリ"},
    {ROLE_TAGS, I, 1,
     "type class classes kind section department collection collections group roomtype propertytype "
     "employmenttype industry field domain class1 subcategory subcategories variety style breadcrumb"},
    {ROLE_POPULARITY, I, 0,
     "popularity votes votecount numvotes imdbvotes ratingscount ratingcount numratings numberofratings "
     "totalratings reviewcount reviewscount numreviews numberofreviews totalreviews reviews "
     "downloads installs sales sold views viewcount plays playcount listens streams purchases "
     "positiveratings likes likecount favorites favourites favoritescount wantlist "
     "members followers subscribers applies applications orders unitssold quantitysold noofratings "
     "noofreviews recommendations numberofvotes usersrated usersrecommended"},
    {ROLE_POPULARITY, I, 0,
     "beliebtheit bewertungen verkäufe verkaeufe aufrufe popularite popularité ventes vues avis "
     "popularidad votos ventas vistas popolarita popolarità voti vendite visualizzazioni "
     "populariteit stemmen verkopen popularidade vendas visualizacoes visualizações"},
    {ROLE_POPULARITY, I, 1, "hits count owners rank trending score"},
    {ROLE_TIME, I, 0,
     "time releasedate released releaseyear yearreleased startyear publicationdate publicationyear "
     "originalpublicationyear originalpublicationdate yearpublished publishedyear publishyear publishdate "
     "publisheddate published publishedat pubdate datepublished yearofpublication year "
     "premiered premieredate airdate firstairdate date "
     "createdutc createdtime posteddate postdate dateposted posted postedat postedon "
     "listedtime dateadded createdat created createddate creationdate timestamp datetime uploaddate "
     "publishtime publicationtime originallistedtime addedat releasedon launchdate launchedat publishedon vintage issued"},
    {ROLE_TIME, I, 0,
     "jahr datum erscheinungsjahr erscheinungsdatum veröffentlicht veroeffentlicht "
     "veröffentlichungsdatum annee année datedesortie datedepublication anneedesortie "
     "fecha año ano fechadeestreno fechadepublicacion fechadepublicación anno datadiuscita datauscita "
     "datadipubblicazione jaar releasedatum publicatiedatum datadelancamento datadelançamento data "
     "日期 年份 发布日期 上映日期 発売日 公開日 年"},
    {ROLE_TIME, I, 1, "modified modifiedat updated updatedat lastmodified lastupdated"},
    /* --- members */
    {ROLE_ID, M, 0,
     "id userid memberid customerid custid personid reviewerid clientid accountid profileid uid "
     "visitorid subscriberid playerid readerid user member customer nutzerid benutzerid kundennummer "
     "kundenid utilisateur utilisateurid clientnumber usuario usuarioid idusuario cliente idcliente "
     "utente utenteid gebruiker gebruikerid klantnummer klantid identifier guid uuid key"},
    {ROLE_ID, M, 1, "username login handle email nr no number code"},
    {ROLE_NAME, M, 0,
     "name fullname displayname username membername customername nickname nick screenname firstname "
     "nom nombre nome naam benutzername vorname"},
    {ROLE_PROFILE, M, 0,
     "profile bio biography about aboutme description text summary profil beschreibung "
     "interests perfil profilo profiel"},
    /* --- interactions */
    {ROLE_MEMBER, X, 0,
     "member memberid user userid customer customerid custid reviewerid reviewer visitorid visitor "
     "accountid account profileid clientid personid person subscriberid buyerid buyer playerid "
     "readerid uid userno username login profilename nutzer nutzerid benutzer benutzerid kunde "
     "kundennummer kundenid utilisateur utilisateurid usuario usuarioid idusuario cliente idcliente "
     "utente utenteid gebruiker gebruikerid klant klantnummer sessionid session anonymousid deviceid "
     "author authorid cookieid distinctid"},
    {ROLE_ITEM, X, 0,
     "item itemid productid movieid bookid songid trackid articleid showid listingid jobid appid "
     "gameid recipeid postid courseid videoid contentid newsid animeid businessid beerid offerid "
     "eventitemid parentasin asin isbn isbn13 sku product movie book artist artistid docid documentid "
     "variantid propertyid placeid iid artikel artikelid artikelnummer produit produitid producto "
     "productoid idproducto prodotto prodottoid film filmid steamid"},
    {ROLE_ITEM, X, 1, "id title name game song show handle"},
    {ROLE_LABEL, X, 0,
     "label feedback feedbacktype event eventtype eventname action actiontype behavior behaviour "
     "behaviortype interaction interactiontype isliked like liked thumbs reaction isclick click "
     "clicked purchased bought vote voted votedup recommended isrecommended recommend preference "
     "gefällt gefallt jaime megusta"},
    {ROLE_LABEL, X, 1, "type activity"},
    {ROLE_RATING, X, 0,
     "rating ratings rate score stars overall myrating userrating bookrating starrating reviewrating "
     "reviewscore reviewoverall points grade bewertung sterne wertung note notation puntuacion "
     "puntuación calificacion calificación valoracion valoración valutazione voto punteggio "
     "beoordeling cijfer avaliacao avaliação nota 评分 評価"},
    {ROLE_RATING, X, 1, "value"},
    {ROLE_AT, X, 0,
     "at timestamp time datetime date ts eventtime unixreviewtime reviewtime reviewdate ratedat "
     "ratingtime ratingdate createdat created creationtime timeadded dateadded watchedat watcheddate "
     "playedat purchasedat purchasedate orderdate clicktime viewedat sorttimestamp utc unixtime "
     "timestamps timecreated timestampcreated zeit zeitpunkt datum heure fecha hora data ora "
     "tijd tijdstip 时间 时间戳 日時"},
    {ROLE_AT, X, 1, "updatedat updated modified when"},
    {ROLE_COUNT, 0, 0, NULL},
};
